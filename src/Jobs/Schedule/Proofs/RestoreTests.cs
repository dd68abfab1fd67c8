using System.Globalization;
using HealingWorkers.Jobs.Alerts;
using HealingWorkers.Jobs.Backups;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Snapshots;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Schedule;

/// <summary>Proves backups by restoring them: one at a time on a host, told to the ledger, to the incidents and to whoever wants to hear of it.</summary>
public sealed class RestoreTests(HealingOptions options, LedgerDb db, TargetSet targets, IReadOnlyList<ICheck> checks, TimeProvider clock, string worker)
{
    public const string Verified = "checksums_verified";
    /// <summary>No relation: the backup as a whole.</summary>
    private const long Whole = 0;
    private readonly Storage _storage = new(options.StateDirectory);
    private readonly BackupWays _ways = new(options);
    private readonly ProofLedger _proofs = new(db);
    private readonly IncidentLedger _incidents = new(db);
    private readonly LeaseLedger _leases = new(db);
    private readonly BackupLedger _backups = new(db);

    public TimeSpan CheckLimit { get; init; } = TimeSpan.FromHours(2);

    /// <param name="storage">What the place is called in which copies are restored.</param>
    public static string LeaseOf(string storage) => $"proof:{storage}";

    /// <summary>The newest backup of a target's server that lies here and was never proven; null where there is none, with why.</summary>
    public async Task<NextProof> NextAsync(Target target, CancellationToken cancel)
    {
        var facts = await target.FactsAsync(cancel).ConfigureAwait(false);
        var id = await _incidents.RegisterTargetAsync(target.Name, facts, cancel).ConfigureAwait(false);
        var good = (await _backups.ServingAsync(id, facts.Id.SystemIdentifier, 200, cancel).ConfigureAwait(false)).Where(b => b is { State: BackupState.Complete, Disproven: false }).ToList();
        if (good.Count == 0)
        {
            return new(null, "there is no good backup");
        }
        // what is older than a proven one is no better
        var unproven = good.TakeWhile(b => b.ProvenAt is null).ToList();
        var newest = unproven.FirstOrDefault(b => !TooLarge(b));
        if (newest is not null && !_ways.IsHere(newest))
        {
            return new(unproven.FirstOrDefault(b => !TooLarge(b) && _ways.IsHere(b)), $"backup {newest.Id} lies on {newest.Host}") { Elsewhere = newest };
        }
        return new(newest, newest is not null ? "" : unproven is [var large, ..]
            ? $"backup {large.Id} holds {large.ServerBytes >> 20} MB, and backups.prove_up_to is {options.Backups.ProveUpTo >> 20} MB" : "the newest good backup is proven already");
    }

    /// <summary>Null while another one goes on in this place.</summary>
    public async Task<RestoreTested?> RunAsync(Backup backup, long? run, bool keep, Action<string> say, CancellationToken cancel)
    {
        var storage = _storage.Claim();
        if (await _leases.TakeAsync(LeaseOf(storage), worker, null, options.Worker.Lease, cancel).ConfigureAwait(false) is not { } lease)
        {
            return null;
        }
        return await LeaseKeeper.HoldAsync(_leases, lease, options.Worker.Lease, clock, async held =>
        {
            await _proofs.AbandonAsync(storage, held).ConfigureAwait(false);
            // one that was killed leaves its copy, which may take the room that this one needs
            await CloneHouse.Of(options, worker, clock).SweepAsync(held).ConfigureAwait(false);
            return await UnderLeaseAsync(backup, storage, run, keep, say, held).ConfigureAwait(false);
        }, e => new HealingException($"the restore of backup {backup.Id} was broken off: the control database did not answer in time", "It is tried again at its next time.", e), cancel).ConfigureAwait(false);
    }

    private async Task<RestoreTested> UnderLeaseAsync(Backup backup, string storage, long? run, bool keep, Action<string> say, CancellationToken cancel)
    {
        var way = _ways.Of(backup.Provider);
        var known = await KnownAsync(backup, cancel).ConfigureAwait(false);
        var id = await _proofs.BeginAsync(backup.Id, storage, run, cancel).ConfigureAwait(false);
        ProofReport report;
        try
        {
            report = await new RestoreProof(CloneHouse.Of(options, worker, clock), checks, clock) { CheckLimit = CheckLimit }
                .RunAsync(new(backup, way, known) { Say = say, Keep = keep, Roles = Roles(known) }, cancel).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            await _proofs.BrokenOffAsync(id, Redactor.Text(e.Message), CancellationToken.None).ConfigureAwait(false);
            throw;
        }
        await _proofs.EndAsync(id, report, cancel).ConfigureAwait(false);
        await TellAsync(id, backup, known, report, cancel).ConfigureAwait(false);
        return new(id, backup, report);
    }

    private async Task<IReadOnlyList<ProofTarget>> KnownAsync(Backup backup, CancellationToken cancel)
    {
        var known = new List<ProofTarget>();
        foreach (var database in await _proofs.DatabasesAsync(backup, cancel).ConfigureAwait(false))
        {
            var open = await _incidents.ListAsync(new IncidentFilter { TargetId = database.Id, OpenOnly = true, Limit = 1000 }, cancel).ConfigureAwait(false);
            known.Add(new(database.Id, database.Name, database.Database, database.DatabaseOid, targets.Find(database.Name)?.Options, open));
        }
        return known;
    }

    /// <summary>An incident where the backup is not what it should be, others for live pages that are damaged too; word that all checksums agree.</summary>
    private async Task TellAsync(long test, Backup backup, IReadOnlyList<ProofTarget> known, ProofReport report, CancellationToken cancel)
    {
        var live = new LiveFindings(targets, backup, report);
        foreach (var target in known)
        {
            var pages = await live.OfAsync(target, cancel).ConfigureAwait(false);
            IReadOnlyList<Finding> whole = report.Proven || target.Id != backup.TargetId ? [] :
            [
                Finding.Of(LivePages.CheckName, FindingKind.BackupNotProven, new(backup.SystemIdentifier, target.DatabaseOid), new RelationName(Whole, target.Database),
                    $"backup {backup.Id} by {backup.Provider.Name()} of {backup.StartedAt:u} is not proven: {report.Why}"),
            ];
            var looked = new CheckReport(LivePages.CheckName, CheckReport.StatusOf(pages.Concat(whole)), TimeSpan.FromSeconds(report.Seconds), null, pages, []);
            // pages that an earlier restore found, and this one read and found sound as they were when the backup was begun
            var sound = report.Checksums == "verified" && backup.IsReadAnew ? target.Open.Where(i => i.Check == LivePages.CheckName).Select(i => i.Object.Oid).Where(oid => oid != Whole) : [];
            await TakeInAsync(target, looked with { Examined = [.. sound], ExaminedAsOf = backup.StartedAt }, cancel).ConfigureAwait(false);
            if (target.Id == backup.TargetId)
            {
                // that an older one is good ends nothing while a newer one is not
                var ends = report.Proven && !await _proofs.HasNewerOpenAsync(backup, cancel).ConfigureAwait(false);
                await TakeInAsync(target, looked with { Findings = whole, Examined = ends ? [Whole] : [] }, cancel).ConfigureAwait(false);
            }
            if (report.Checksums == "verified")
            {
                await SayVerifiedAsync(test, backup, target, report, cancel).ConfigureAwait(false);
            }
        }
    }

    private Task TakeInAsync(ProofTarget target, CheckReport looked, CancellationToken cancel) =>
        _incidents.TakeInAsync(target.Id, looked, null, options.AutoHealing.MaxAutoRepairAttempts, worker, cancel, target.Options?.Demonstration ?? false);

    private async Task SayVerifiedAsync(long test, Backup backup, ProofTarget target, ProofReport report, CancellationToken cancel)
    {
        var said = string.Create(CultureInfo.InvariantCulture, $"checksums verified: all {report.Pages!.Pages} pages of {report.Pages.Files} files, as restored from backup {backup.Id}");
        var alert = new Alert($"{Verified}:{test}:{target.Id}", Verified, AlertSeverity.Info.Name(), null, target.Name, Verified, target.Database, said, "Nothing.", null, clock.GetUtcNow());
        await new AlertQueue(new AlertOutbox(db), options, clock).QueueAsync(alert, null, cancel).ConfigureAwait(false);
    }

    private IReadOnlyList<string> Roles(IReadOnlyList<ProofTarget> known) =>
        [.. known.Select(k => k.Options).OfType<TargetOptions>().SelectMany(t => new[] { TargetConnection.ForRepairs(t).Username, TargetConnection.ForChecks(t).Username }).OfType<string>().Distinct(StringComparer.Ordinal)];

    private bool TooLarge(Backup backup) => Math.Max(backup.ServerBytes ?? 0, backup.Bytes ?? 0) > options.Backups.ProveUpTo;
}

/// <param name="Backup">The newest unproven one that lies here; null where there is none.</param>
/// <param name="WhyNot">Why it is none, or not the newest of all.</param>
public sealed record NextProof(Backup? Backup, string WhyNot)
{
    /// <summary>A newer one that cannot be seen from here; null: there is none.</summary>
    public Backup? Elsewhere { get; init; }
}

public sealed record RestoreTested(long Id, Backup Backup, ProofReport Report);
