using System.Globalization;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Backups;

/// <summary>Makes backups: one at a time of a server, whoever asks, each known to the ledger before it begins.</summary>
public sealed class BackupMaker(HealingOptions options, BackupLedger ledger, LeaseLedger leases, IncidentLedger incidents, TimeProvider clock, string worker)
{
    private readonly BackupWays _ways = new(options);

    /// <summary>Free bytes on the disk of a directory.</summary>
    public Func<string, long> FreeSpace { get; init; } = static place => new DriveInfo(place).AvailableFreeSpace;

    public static string LeaseOf(string systemIdentifier) => $"backup:{systemIdentifier}";

    /// <summary>Why none could be made, as far as that is known before it is begun; null when one can.</summary>
    public async Task<string?> WhyNotAsync(Target target, CancellationToken cancel)
    {
        var way = _ways.Of(options.Backups.ProviderOf(target.Options));
        var facts = await target.FactsAsync(cancel).ConfigureAwait(false);
        var request = new BackupRequest(target, facts, options.Backups, Path.Combine(_ways.Root, "none"), options.Control.PostgresDirectory) { FreeSpace = FreeSpace };
        return await way.WhyNotAsync(request, cancel).ConfigureAwait(false) ?? await way.NoRoomAsync(request, cancel).ConfigureAwait(false);
    }

    /// <param name="shareFor">A good physical backup of the same server, made for another target and younger than this, serves; zero: none does.</param>
    public async Task<BackupMade> MakeAsync(Target target, TimeSpan shareFor, long? run, Action<string> say, CancellationToken cancel)
    {
        var way = _ways.Of(options.Backups.ProviderOf(target.Options));
        // the server may be another one by now: what is backed up is what answers
        target.Forget();
        var facts = await target.FactsAsync(cancel).ConfigureAwait(false);
        var id = await incidents.RegisterTargetAsync(target.Name, facts, cancel).ConfigureAwait(false);
        var server = facts.Id.SystemIdentifier;
        var lease = await leases.TakeAsync(LeaseOf(server), worker, null, options.Worker.Lease, cancel).ConfigureAwait(false);
        if (lease is null)
        {
            return new(null, BackupMadeBy.Somebody);
        }
        return await LeaseKeeper.HoldAsync(leases, lease, options.Worker.Lease, clock, async held =>
        {
            await ledger.AbandonAsync(server, held).ConfigureAwait(false);
            if (way.Provider != BackupProvider.PgDump && await SharedAsync(id, server, way.Provider, shareFor, held).ConfigureAwait(false) is { } shared)
            {
                return new BackupMade(shared, BackupMadeBy.AnotherTarget);
            }
            return new(await MakeAsync(way, target, facts, id, $"{server}-{lease.Token}", run, say, held).ConfigureAwait(false), BackupMadeBy.Us);
        }, e => new HealingException($"the backup of {target.Name} was broken off: the control database did not answer in time", "It is tried again at its next time; `healing backup run` makes one now.", e), cancel).ConfigureAwait(false);
    }

    private async Task<Backup?> SharedAsync(long target, string server, BackupProvider provider, TimeSpan shareFor, CancellationToken cancel) =>
        await ledger.NewestGoodAsync(target, server, cancel).ConfigureAwait(false) is { IsPhysical: true } newest && newest.Provider == provider
            && newest.TargetId != target && clock.GetUtcNow() - newest.StartedAt < shareFor ? newest : null;

    private async Task<Backup> MakeAsync(IBackupWay way, Target target, TargetFacts facts, long id, string name, long? run, Action<string> say, CancellationToken cancel)
    {
        var stamp = clock.GetUtcNow().ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var request = new BackupRequest(target, facts, options.Backups, Path.Combine(_ways.Root, $"{stamp}-{name}"), options.Control.PostgresDirectory) { FreeSpace = FreeSpace, Say = say };
        if (await way.WhyNotAsync(request, cancel).ConfigureAwait(false) is { } no)
        {
            throw new HealingException($"no backup of {target.Name} can be made: {no}", "Set backups.provider, or backup of the target, to a way that can be gone here.");
        }
        var backup = await ledger.BeginAsync(new(id, facts, way.Provider, way.Storage.Claim(), request.Place, run), cancel).ConfigureAwait(false);
        try
        {
            var taken = await way.TakeAsync(request, cancel).ConfigureAwait(false);
            await ledger.CompleteAsync(backup, taken, cancel).ConfigureAwait(false);
            return (await ledger.FindAsync(backup, cancel).ConfigureAwait(false))!;
        }
        catch (Exception e)
        {
            // the ledger may have been told, and only its answer lost
            if (await ledger.FindAsync(backup, CancellationToken.None).ConfigureAwait(false) is { State: BackupState.Complete } done)
            {
                return done;
            }
            BackupFiles.Remove(request.Place);
            await ledger.FailAsync(backup, Redactor.Text(e.Message), CancellationToken.None).ConfigureAwait(false);
            throw;
        }
    }
}

/// <param name="Backup">Null while somebody else makes one.</param>
public sealed record BackupMade(Backup? Backup, BackupMadeBy By);

public enum BackupMadeBy { Us, AnotherTarget, Somebody }
