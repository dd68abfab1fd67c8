using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Snapshots;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>Writes a table anew, when nothing else is wrong with it: rows that are damaged otherwise would be lost on the way.</summary>
public sealed class RewriteTable(IReadOnlyList<ICheck> checks, IndexRecheck recheck, RepairLimits limits) : IRepair, IProvenRepair
{
    private const string Locks = "ACCESS EXCLUSIVE on the table while it is written anew: readers and writers wait";
    private static readonly TimeSpan Lag = TimeSpan.FromSeconds(1.5);
    /// <summary>A session that idles tells after ten seconds what it wrote.</summary>
    private const int MostLags = 8;

    public string Name => "rewrite_table";

    public RepairDescription Description { get; } = new(
        "VACUUM FULL, after the whole table was looked at, with all its rows compared before and after.", Locks,
        "Ownership of the table (GRANT owner TO role) and SELECT on it; room for a second copy.",
        "None is needed: every row is the same. The files before are in the snapshot.");

    public async Task<RepairPlan> PlanAsync(RepairSession session, Incident incident, CancellationToken cancel)
    {
        var plan = new RepairPlan(Name, RiskClass.LosslessLocking, []);
        if (await TableLook.AtAsync(session.Connection, incident.TableOid, cancel).ConfigureAwait(false) is not { } table)
        {
            return plan with { Nothing = $"{incident.Object} no longer exists" };
        }
        if ((table.RowRefusal(session) ?? (table.MainOid is not null ? $"{table.Quoted} keeps the long values of another table: VACUUM FULL that one by hand" : null)
            ?? (!table.MayRead || table.HidesRows ? $"the role {session.Role} does not see all rows of {table.Quoted}, so that they cannot be compared" : null)) is { } no)
        {
            return plan with { Refuse = no };
        }
        if (await HiddenRows.AtAGlanceAsync(session, table, cancel).ConfigureAwait(false) is { } hidden)
        {
            return plan with { Defer = hidden };
        }
        var indexes = await table.IndexesAsync(session.Connection, cancel).ConfigureAwait(false);
        var beside = await session.OpenBesideAsync([table.Oid, .. indexes.Select(i => i.Oid)], cancel).ConfigureAwait(false);
        if (indexes.Select(i => IndexPlanning.LastTrace(beside, incident, table.Oid, new(i.Oid, i.Quoted))).FirstOrDefault(t => t is not null) is { } trace)
        {
            return plan with { Refuse = $"all indexes of {table.Quoted} would be built anew with it: {trace}" };
        }
        var findings = new List<Finding>();
        foreach (var check in checks.Where(c => c.Description.Kinds.Contains(FindingKind.HeapNattsWrong) || c.Description.Kinds.Contains(FindingKind.HeapRowsHidden)))
        {
            var report = await check.RunAsync(new(session.Target, CheckScope.OfTable(table.Oid)), cancel).ConfigureAwait(false);
            if (report.Status is CheckStatus.Failed or CheckStatus.Unavailable)
            {
                return plan with { Refuse = $"{table.Quoted} cannot be written anew before all of it was looked at, and {report.Check} is {report.Status.ToString().ToLowerInvariant()}: {report.Reason}" };
            }
            findings.AddRange(report.Findings);
        }
        if (findings.Find(f => f.Kind != FindingKind.HeapNattsWrong && f.Kind != FindingKind.VisibilityMapWrong && f.Kind != FindingKind.FrozenMapWrong) is { } other)
        {
            return plan with { Refuse = $"{table.Quoted} is damaged otherwise too ({other.Kind.Name} at {other.Object}), and a rewrite would lose rows or fail: that comes first" };
        }
        return findings.TrueForAll(f => f.Kind != FindingKind.HeapNattsWrong) ? plan with { Nothing = $"{table.Quoted} is sound by now" }
            : plan with { Relations = [table.Oid], Work = new Rewritten(table), Steps = [new($"VACUUM (FULL) {table.Quoted}", Locks, "each row is written anew with the columns that the table has")] };
    }

    public async Task<RepairResult> ApplyAsync(RepairSession session, RepairPlan plan, SnapshotProof proof, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(proof);
        var log = new StatementLog();
        if (plan is not { Work: Rewritten work, Steps: [var step] })
        {
            return new(RepairOutcome.Done, plan.Nothing, log.Sent);
        }
        // since the plan a row may have been hidden, or found to be
        if (await HiddenRows.InTheWayAsync(session, work.Table, cancel).ConfigureAwait(false) is { } hidden)
        {
            return new(RepairOutcome.Deferred, hidden, log.Sent);
        }
        var table = await QuarantineTable.OfAsync(session.Connection, work.Table.Oid, cancel).ConfigureAwait(false);
        var written = await TableContent.WrittenAsync(session.Connection, table.Oid, cancel).ConfigureAwait(false);
        work.Before = await TableContent.OfAsync(session, table, cancel).ConfigureAwait(false);
        await PatientRebuild.SetLockTimeoutAsync(session, limits.ExclusiveLockTimeout, cancel).ConfigureAwait(false);
        for (var attempt = 1; ; attempt++)
        {
            if (!await work.Table.HasItsNameAsync(session.Connection, cancel).ConfigureAwait(false))
            {
                return new(RepairOutcome.Deferred, work.Table.Renamed, log.Sent);
            }
            try
            {
                await log.BuildAsync(session, step.Statement, cancel).ConfigureAwait(false);
                break;
            }
            catch (PostgresException e) when (e.SqlState is SqlState.LockNotAvailable or SqlState.DeadlockDetected)
            {
                if (attempt >= limits.LockTries)
                {
                    return new(RepairOutcome.Deferred, $"{table.Quoted} is busy: no lock within {limits.ExclusiveLockTimeout.TotalSeconds:0.#} s, {attempt} times", log.Sent);
                }
            }
            catch (PostgresException e) when (e.SqlState == SqlState.DiskFull)
            {
                return new(RepairOutcome.Deferred, $"the server has no room for a second copy of {table.Quoted}: {e.MessageText}", log.Sent);
            }
            await Task.Delay(limits.LockBackoff * attempt, session.Target.Clock, cancel).ConfigureAwait(false);
        }
        work.After = await TableContent.OfAsync(session, table, cancel).ConfigureAwait(false);
        for (var lag = 0; work.After != work.Before && lag < MostLags && work.Written?.Explain(work.Before, work.After) != true; lag++)
        {
            await Task.Delay(Lag, session.Target.Clock, cancel).ConfigureAwait(false);
            work.Written = (await TableContent.WrittenAsync(session.Connection, table.Oid, cancel).ConfigureAwait(false)).Since(written);
        }
        var indexes = await work.Table.IndexesAsync(session.Connection, cancel).ConfigureAwait(false);
        return new(RepairOutcome.Done, null, log.Sent)
        {
            Rebuilt = [.. indexes.Where(i => i.IsBtree).Select(i => i.Oid)],
            Touched = [new(table.Oid, []), .. indexes.Where(i => !i.IsBtree).Select(i => new TouchedRelation(i.Oid, []))],
        };
    }

    public async Task<OwnProof> ProveAsync(RepairSession session, Incident incident, RepairPlan plan, RepairResult result, CancellationToken cancel)
    {
        if (plan.Work is not Rewritten { Before: { } before, After: { } after } work)
        {
            return new(true, plan.Nothing ?? "nothing was to be done");
        }
        var indexes = await new TableIndexes(recheck, limits).ProveAsync(session, work.Table.Oid, "", cancel).ConfigureAwait(false);
        return before == after ? new(indexes.Holds, $"all {after.Rows} rows are the same as before (hash {after.Hash}){indexes.Said}")
            : work.Written?.Explain(before, after) == true ? new(indexes.Holds, $"{before.Rows} rows before and {after.Rows} after, and the server counts {work.Written} meanwhile: none was lost{indexes.Said}")
            : new(null, $"{before.Rows} rows (hash {before.Hash}) before and {after.Rows} (hash {after.Hash}) after, and the server counts {work.Written} meanwhile, which does not tell that every row is the same: compare with the snapshot");
    }

    private sealed record Rewritten(TableLook Table)
    {
        public TableContent? Before { get; set; }
        public TableContent? After { get; set; }
        public TableWrites? Written { get; set; }
    }
}
