using System.Globalization;
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

    /// <summary>Whether the rule wants this repair tried first.</summary>
    public bool IsWanted(IRepair repair, RepairPlan plan) =>
        plan.Steps.Count > 0 && settings.SnapshotBeforeRepair
        && (Options.Rehearse ?? settings.Rehearsal.Rule != RehearsalRule.Never)
        && (plan.Risk == RiskClass.Quarantining || repair is ILocking || (plan.Risk == RiskClass.LosslessLocking && IsStrict));

    /// <summary>Without a rehearsal there is no such repair; and a copy is taken for it where none would be.</summary>
    public bool IsStrict => settings.Rehearsal.Rule == RehearsalRule.Always && Options.Rehearse != false;

    /// <param name="copy">The copy of the whole server that is kept for this attempt, by its id in the ledger.</param>
    public async Task<Rehearsed> RunAsync(IRepair repair, Incident incident, RepairPlan plan, SnapshotProof proof, long? copy, CancellationToken cancel)
    {
        var began = tools.Clock.GetTimestamp();
        if (await WhyNotAsync(plan, copy, cancel).ConfigureAwait(false) is (null, var whyNot))
        {
            return Rehearsed.Not(whyNot);
        }
        var snapshot = (await ledgers.Snapshots.FindAsync(copy!.Value, cancel).ConfigureAwait(false))!;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Longest);
        try
        {
            await using var clone = await tools.Clones!.MakeAsync("rehearsal", snapshot.Bytes, limit.Token).ConfigureAwait(false);
            await clone.CopyBaseAsync(snapshot.Place, limit.Token).ConfigureAwait(false);
            await clone.StartAsync(keepRecovery: false, [live.Role, live.Facts.Role], Longest, limit.Token).ConfigureAwait(false);
            await using var target = new Target(OnCopy(clone), tools.Clock);
            return await TryAsync(target, repair, incident, plan, proof, began, limit.Token, cancel).ConfigureAwait(false);
        }
        catch (HealingException e)
        {
            return Rehearsed.Not(e.Message);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException or UnauthorizedAccessException && !cancel.IsCancellationRequested)
        {
            return Rehearsed.Not($"the copy cannot be used: {e.Message}");
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return Rehearsed.Not($"it was not done within {Longest.TotalMinutes:0} min");
        }
    }

    private async Task<(SnapshotRow? Copy, string WhyNot)> WhyNotAsync(RepairPlan plan, long? copy, CancellationToken cancel)
    {
        if (tools.Clones is null)
        {
            return (null, "there is no place for copies here");
        }
        if (plan.Base == BaseSnapshot.DataDirectory)
        {
            return (null, "it stops the server, which a copy does not show");
        }
        if (copy is null || await ledgers.Snapshots.FindAsync(copy.Value, cancel).ConfigureAwait(false) is not { RemovedAt: null } row || !Directory.Exists(row.Place))
        {
            return (null, "no copy of the server was kept");
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

    private async Task<Rehearsed> TryAsync(Target target, IRepair repair, Incident incident, RepairPlan plan, SnapshotProof proof, long began, CancellationToken cancel, CancellationToken outer)
    {
        var facts = await target.FactsAsync(cancel).ConfigureAwait(false);
        if (facts.Id != live.Facts.Id)
        {
            return Rehearsed.Not($"the copy is of another database: {facts.Id}, and not {live.Facts.Id}");
        }
        await using var connection = await (repair is ISurgery ? target.OpenSurgeryAsync(cancel) : target.OpenRepairAsync(cancel)).ConfigureAwait(false);
        var bench = new RepairSession(target, facts, connection, live.Token)
        {
            Ledger = live.Ledger, Attempt = live.Attempt, OpenBeside = live.OpenBeside, Programs = live.Programs, IsLedgerHereAsync = live.IsLedgerHereAsync,
        };
        var same = await repair.PlanAsync(bench, incident, cancel).ConfigureAwait(false);
        if (same.Refuse is { } no)
        {
            return Rehearsed.Bad($"on the copy it is not to be done: {no}");
        }
        if (same.Defer is { } later)
        {
            return Rehearsed.Not($"on the copy it is not to be done now: {later}");
        }
        if (PlanHash.Of(same) != PlanHash.Of(plan))
        {
            return Rehearsed.Not("the copy calls for another plan than the live database");
        }
        try
        {
            var result = await repair.ApplyAsync(bench, same, proof, cancel).ConfigureAwait(false);
            if (result.Outcome == RepairOutcome.Deferred)
            {
                return Rehearsed.Not($"on the copy it was put off: {result.Reason}");
            }
            if (result.Outcome != RepairOutcome.Done)
            {
                return Rehearsed.Bad($"{result.Outcome.ToString().ToLowerInvariant()}: {result.Reason}");
            }
            var verified = await tools.Verifier.VerifyAsync(bench, incident, same, result, cancel).ConfigureAwait(false);
            return verified.Proof == Proof.Proven ? Rehearsed.Well(tools.Clock.GetElapsedTime(began)) : Rehearsed.Bad($"verification: {verified.Statement}");
        }
        catch (Exception e) when (e is NpgsqlException or HealingException or TimeoutException or IOException || (e is OperationCanceledException && !outer.IsCancellationRequested))
        {
            return Rehearsed.Bad(e is PostgresException p ? $"{p.SqlState}: {p.MessageText}" : $"the copy did not get through it: {e.Message}");
        }
    }
}

/// <param name="Said">What receipt and timeline say of it.</param>
/// <param name="Failed">Why it must not be done to the live database; null: it did not fail.</param>
/// <param name="Missing">Why it could not be tried; null: it was.</param>
internal sealed record Rehearsed(string Said, string? Failed, string? Missing)
{
    public static Rehearsed Well(TimeSpan took) => new(string.Create(CultureInfo.InvariantCulture, $"rehearsed on a copy: {took.TotalSeconds:0.0} s"), null, null);
    public static Rehearsed Bad(string why) => new($"failed on a copy: {why}", why, null);
    public static Rehearsed Not(string why) => new($"not rehearsed: {why}", null, why);
}
