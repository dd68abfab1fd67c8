using HealingWorkers.Jobs.Backups;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Repairs;
using HealingWorkers.Jobs.Snapshots;
using HealingWorkers.Jobs.Targets;
using HealingWorkers.Jobs.Verification;
using Npgsql;

namespace HealingWorkers.Jobs.Healing;

/// <summary>Tries a repair on a disposable copy of the server before the live one is touched: the same plan, applied and verified there.</summary>
internal sealed class Rehearsal(HealerLedgers ledgers, HealerTools tools, HealerSettings settings, RepairSession live)
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(30);

    private TargetOptions Options => live.Target.Options;

    /// <summary>Whether the rule wants this repair tried first: one that takes rows, or keeps writers out.</summary>
    public bool IsWanted(IRepair repair, RepairPlan plan) =>
        plan.Steps.Count > 0 && settings.SnapshotBeforeRepair
        && (Options.Rehearse ?? settings.Rehearsal.Rule != RehearsalRule.Never)
        && (plan.Risk is RiskClass.Quarantining or RiskClass.LosslessLocking || repair is ILocking);

    /// <summary>Without a rehearsal there is no such repair.</summary>
    public bool IsStrict => settings.Rehearsal.Rule == RehearsalRule.Always && Options.Rehearse != false;

    /// <summary>What a copy is taken for that nothing else needs; null where there could be no rehearsal on it.</summary>
    public RehearsalCopy? Copy => tools.Clones is null ? null
        : new(new(Options.Rehearse is true ? long.MaxValue : settings.Rehearsal.UpTo, "rehearsal.up_to"));

    /// <param name="copy">The copy of the whole server that is kept for this attempt; null: nobody saw to one.</param>
    public async Task<Rehearsed> RunAsync(IRepair repair, Incident incident, RepairPlan plan, SnapshotProof proof, KeptBase? copy, CancellationToken cancel)
    {
        var began = tools.Clock.GetTimestamp();
        var (snapshot, whyNot) = await FindCopyAsync(plan, copy, cancel).ConfigureAwait(false);
        if (snapshot is null)
        {
            return Rehearsed.Not(whyNot);
        }
        Rehearsed? went = null;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Longest);
        try
        {
            await using var clone = await tools.Clones!.MakeAsync("rehearsal", Room(plan, snapshot), limit.Token).ConfigureAwait(false);
            await clone.CopyBaseAsync(snapshot.Place, limit.Token).ConfigureAwait(false);
            await clone.StartAsync(keepRecovery: false, [live.Role, live.Facts.Role], Longest, limit.Token).ConfigureAwait(false);
            await using var target = new Target(OnCopy(clone), tools.Clock);
            var facts = await target.FactsAsync(limit.Token).ConfigureAwait(false);
            if (facts.Id != live.Facts.Id)
            {
                return Rehearsed.Not($"the copy is of another database: {facts.Id}, and not {live.Facts.Id}");
            }
            await using var connection = await (repair is ISurgery ? target.OpenSurgeryAsync(limit.Token) : target.OpenRepairAsync(limit.Token)).ConfigureAwait(false);
            var bench = new RepairSession(target, facts, connection, live.Token)
            {
                Ledger = live.Ledger, Attempt = live.Attempt, OpenBesideAsync = live.OpenBesideAsync, LossIsDecidedAsync = live.LossIsDecidedAsync, Programs = live.Programs, IsLedgerHereAsync = live.IsLedgerHereAsync,
                // what was copied before the damage was found may know nothing of it
                LookAgain = live.LookAgain || snapshot.TakenAt <= incident.OpenedAt,
            };
            went = await TryAsync(bench, repair, incident, plan, proof, limit.Token, cancel).ConfigureAwait(false)
                ?? Rehearsed.Well(tools.Clock.GetElapsedTime(began));
            return went;
        }
        catch (Exception e) when (went is not null && !cancel.IsCancellationRequested && IsOfCopy(e))
        {
            // what was seen there holds, however the copy went away
            return went;
        }
        catch (Exception e) when (!cancel.IsCancellationRequested && IsOfCopy(e))
        {
            return Rehearsed.Not(e switch
            {
                OperationCanceledException => $"no copy was ready within {Longest.TotalMinutes:0} min",
                HealingException => e.Message,
                _ => $"the copy cannot be used: {e.Message}",
            });
        }
    }

    private static bool IsOfCopy(Exception e) =>
        e is HealingException or NpgsqlException or TimeoutException or IOException or UnauthorizedAccessException or OperationCanceledException;

    /// <summary>What is written anew lies there twice for a while, and may be most of the server.</summary>
    private static long Room(RepairPlan plan, SnapshotRow snapshot) => plan.Risk == RiskClass.LosslessLocking ? 2 * snapshot.Bytes : snapshot.Bytes;

    private async Task<(SnapshotRow? Copy, string WhyNot)> FindCopyAsync(RepairPlan plan, KeptBase? copy, CancellationToken cancel)
    {
        if (tools.Clones is null)
        {
            return (null, "there is no place for copies here");
        }
        if (plan.Base == BaseSnapshot.DataDirectory)
        {
            return (null, "it stops the server, which a copy does not show");
        }
        if (copy?.Snapshot is not { } id || await ledgers.Snapshots.FindAsync(id, cancel).ConfigureAwait(false) is not { RemovedAt: null } row || !Directory.Exists(row.Place))
        {
            return (null, copy is { Snapshot: null, Said: { } why } ? why : "no copy of the server was kept");
        }
        return Options.Rehearse is not true && row.Bytes > settings.Rehearsal.UpTo
            ? (null, $"the server holds {row.Bytes >> 20} MB, and rehearsal.up_to is {settings.Rehearsal.UpTo >> 20} MB") : (row, "");
    }

    /// <summary>The same target with the same roles; only the server is another one.</summary>
    private TargetOptions OnCopy(Clone clone)
    {
        var (check, repair, surgery) = (TargetConnection.ForChecks(Options), TargetConnection.ForRepairs(Options), TargetConnection.ForSurgery(Options));
        var database = live.Connection.Database;
        return new()
        {
            Name = Options.Name,
            Connection = clone.ConnectionString(database, check.Username),
            Connections = new() { Repair = clone.ConnectionString(database, repair.Username), Surgery = clone.ConnectionString(database, surgery.Username) },
            DataDirectory = clone.Data,
            Rules = Options.Rules,
            Policy = Options.Policy,
            CriticalIndexes = Options.CriticalIndexes,
        };
    }

    /// <summary>Null when it went well.</summary>
    private async Task<Rehearsed?> TryAsync(RepairSession bench, IRepair repair, Incident incident, RepairPlan plan, SnapshotProof proof, CancellationToken cancel, CancellationToken outer)
    {
        try
        {
            var same = await repair.PlanAsync(bench, incident, cancel).ConfigureAwait(false);
            if (same.Refuse is { } no)
            {
                return Rehearsed.Bad($"on the copy it is not to be done: {no}");
            }
            if (same.Defer is { } later)
            {
                return Rehearsed.NotYet($"on the copy it is not to be done now: {later}");
            }
            if (PlanHash.OfWork(same) != PlanHash.OfWork(plan))
            {
                return Rehearsed.NotYet($"the copy calls for another plan than the live database{(same.Nothing is { } nothing ? $": {nothing}" : "")}");
            }
            var result = await repair.ApplyAsync(bench, same, proof, cancel).ConfigureAwait(false);
            if (result.Outcome == RepairOutcome.Deferred)
            {
                return Rehearsed.NotYet($"on the copy it was put off: {result.Reason}");
            }
            if (result.Outcome != RepairOutcome.Done)
            {
                return Rehearsed.Bad($"{result.Outcome.ToString().ToLowerInvariant()}: {result.Reason}");
            }
            var verified = await new Proving(tools, settings).VerifyAsync(bench, incident, same, result, cancel).ConfigureAwait(false);
            return verified.Proof == Proof.Proven ? null : Rehearsed.Bad($"verification: {verified.Statement}");
        }
        catch (Exception e) when (!outer.IsCancellationRequested && IsOfCopy(e))
        {
            return Rehearsed.Bad(e switch
            {
                PostgresException p => $"{p.SqlState}: {p.MessageText}",
                OperationCanceledException => $"the copy did not get through it within {Longest.TotalMinutes:0} min",
                _ => $"the copy did not get through it: {e.Message}",
            });
        }
    }
}
