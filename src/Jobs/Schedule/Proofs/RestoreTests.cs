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
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Schedule;

/// <summary>Proves backups by restoring them: one at a time on a host, told to the ledger, to the incidents and to whoever wants to hear of it.</summary>
public sealed class RestoreTests(HealingOptions options, LedgerDb db, TargetSet targets, IReadOnlyList<ICheck> checks, TimeProvider clock, string worker)
{
    public const string Verified = "checksums_verified";
    private static readonly string Host = Environment.MachineName;
    private readonly ProofLedger _proofs = new(db);
    private readonly IncidentLedger _incidents = new(db);
    private readonly LeaseLedger _leases = new(db);
    private readonly BackupLedger _backups = new(db);

    public static string LeaseOf(string host) => $"proof:{host}";

    /// <summary>The newest backup of a target's server that lies here and was never proven; null where there is none, with why.</summary>
    public async Task<(Backup? Backup, string WhyNot)> NextAsync(Target target, CancellationToken cancel)
    {
        var facts = await target.FactsAsync(cancel).ConfigureAwait(false);
        var id = await _incidents.RegisterTargetAsync(target.Name, facts, cancel).ConfigureAwait(false);
        var good = (await _backups.ServingAsync(id, facts.Id.SystemIdentifier, 200, cancel).ConfigureAwait(false)).Where(b => b is { State: BackupState.Complete, Disproven: false }).ToList();
        if (good.Count == 0)
        {
            return (null, "there is no good backup");
        }
        // what is older than a proven one is no better
        var unproven = good.TakeWhile(b => b.ProvenAt is null).ToList();
        if (unproven.FirstOrDefault(b => b.Host == Host && !TooLarge(b)) is { } next)
        {
            return (next, "");
        }
        return (null, unproven.FirstOrDefault() switch
        {
            null => "the newest good backup is proven already",
            { } large when TooLarge(large) => $"backup {large.Id} holds {large.ServerBytes >> 20} MB, and backups.prove_up_to is {options.Backups.ProveUpTo >> 20} MB",
            var elsewhere => $"backup {elsewhere.Id} lies on {elsewhere.Host}",
        });
    }

    /// <summary>Null while another one goes on on this host.</summary>
    public async Task<RestoreTested?> RunAsync(Backup backup, long? run, bool keep, Action<string> say, CancellationToken cancel)
    {
        if (await _leases.TakeAsync(LeaseOf(Host), worker, null, options.Worker.Lease, cancel).ConfigureAwait(false) is not { } lease)
        {
            return null;
        }
        var keeper = new LeaseKeeper(_leases, lease, options.Worker.Lease, clock, cancel);
        try
        {
            await _proofs.AbandonAsync(Host, cancel).ConfigureAwait(false);
            return await UnderLeaseAsync(backup, run, keep, say, keeper.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (keeper.Lost && !cancel.IsCancellationRequested)
        {
            throw new HealingException($"the restore of backup {backup.Id} was broken off: the control database did not answer in time", "It is tried again at its next time.", e);
        }
        finally
        {
            await keeper.DisposeAsync().ConfigureAwait(false);
            if (!keeper.Lost)
            {
                await _leases.ReleaseAsync(lease, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    private async Task<RestoreTested> UnderLeaseAsync(Backup backup, long? run, bool keep, Action<string> say, CancellationToken cancel)
    {
        var way = new BackupWays(options).Of(backup.Provider);
        var known = await KnownAsync(backup, cancel).ConfigureAwait(false);
        var id = await _proofs.BeginAsync(backup.Id, Host, run, cancel).ConfigureAwait(false);
        ProofReport report;
        try
        {
            report = await new RestoreProof(CloneHouse.Of(options, worker, clock), checks, clock)
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
            known.Add(new(database.Id, database.Name, database.Database, targets.Find(database.Name)?.Options, open));
        }
        return known;
    }

    /// <summary>An incident where the backup is not what it should be, others for live pages that are damaged too; word that all checksums agree.</summary>
    private async Task TellAsync(long test, Backup backup, IReadOnlyList<ProofTarget> known, ProofReport report, CancellationToken cancel)
    {
        var databases = await _proofs.DatabasesAsync(backup, cancel).ConfigureAwait(false);
        foreach (var target in known)
        {
            var database = databases.First(d => d.Id == target.Id);
            var findings = new List<Finding>(await LiveAsync(backup, target, report, cancel).ConfigureAwait(false));
            if (!report.Proven && target.Id == backup.TargetId)
            {
                findings.Add(Finding.Of(LivePages.CheckName, FindingKind.BackupNotProven, new(backup.SystemIdentifier, database.DatabaseOid), new RelationName(0, target.Database),
                    $"backup {backup.Id} by {backup.Provider.Name()} of {backup.StartedAt:u} is not proven: {string.Join("; ", report.Problems)}"));
            }
            // pages that an earlier restore found, and this one read and found sound
            var sound = report.Checksums == "verified" ? target.Open.Where(i => i.Check == LivePages.CheckName).Select(i => i.Object.Oid) : [];
            var looked = new CheckReport(LivePages.CheckName, CheckReport.StatusOf(findings), TimeSpan.FromSeconds(report.Seconds), null, findings, [.. sound, .. target.Id == backup.TargetId ? [0L] : Array.Empty<long>()]);
            await _incidents.TakeInAsync(target.Id, looked, null, options.AutoHealing.MaxAutoRepairAttempts, worker, cancel, target.Options?.Demonstration ?? false).ConfigureAwait(false);
            if (report.Checksums == "verified")
            {
                await SayVerifiedAsync(test, backup, target, report, cancel).ConfigureAwait(false);
            }
        }
    }

    private async Task<IReadOnlyList<Finding>> LiveAsync(Backup backup, ProofTarget known, ProofReport report, CancellationToken cancel)
    {
        var pages = report.Pages?.Bad.Where(p => p.Database == known.Database && p.Oid != 0).ToList() ?? [];
        if (pages.Count == 0 || targets.Find(known.Name) is not { } target)
        {
            return [];
        }
        try
        {
            return await new LivePages(target).LookAsync(backup.Id, pages, cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HealingException or NpgsqlException)
        {
            // it is away, which is told elsewhere; that the backup is damaged is told here
            return [];
        }
    }

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

public sealed record RestoreTested(long Id, Backup Backup, ProofReport Report);
