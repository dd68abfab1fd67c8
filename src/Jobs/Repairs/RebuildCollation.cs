using Dapper;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Snapshots;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>Rebuilds every index on a collation, looks at all of them again, and only then records the present version.</summary>
public sealed class RebuildCollation(IndexRecheck recheck, RepairLimits limits) : IRepair
{
    private const string Locks = "SHARE UPDATE EXCLUSIVE on one table after the other: nobody who reads or writes waits";
    private const string HardLocks = "SHARE on the table and ACCESS EXCLUSIVE on the index while it is built";

    public string Name => "rebuild_collation";

    public RepairDescription Description { get; } = new(
        "Rebuilds all indexes that depend on a collation, re-checks them, then refreshes its version.", Locks,
        "Ownership of the tables, and of the collation or the database.",
        "None: an index holds nothing that the table does not.");

    public async Task<RepairPlan> PlanAsync(RepairSession session, Incident incident, CancellationToken cancel)
    {
        var plan = new RepairPlan(Name, RiskClass.LosslessOnline, []) { Derived = true };
        if (session.Facts.IsStandby)
        {
            return plan with { Refuse = "the target is a standby: indexes are rebuilt on its primary" };
        }
        if (await CollationLook.AtAsync(session, incident.Object, cancel).ConfigureAwait(false) is not { } collation)
        {
            return plan with { Nothing = $"{incident.Object} no longer exists" };
        }
        var indexes = await collation.IndexesAsync(session, cancel).ConfigureAwait(false);
        if (indexes.FirstOrDefault(i => !i.IsOurs || i.IsShared || i.IsMapped) is { } foreign)
        {
            return plan with { Refuse = foreign.IsOurs ? $"{foreign.Quoted} is shared or critical: rebuild it by hand" : $"the role {session.Role} may not rebuild {foreign.Quoted}: GRANT {foreign.Owner} TO {session.Role}" };
        }
        var beside = await session.OpenBesideAsync([.. indexes.SelectMany(i => new[] { i.Oid, i.TableOid })], cancel).ConfigureAwait(false);
        if (indexes.Select(i => IndexPlanning.SuspectValue(beside, new(i.Oid, i.Quoted))).FirstOrDefault(s => s is not null) is { } suspect)
        {
            return plan with { Refuse = suspect };
        }
        var traces = indexes.Select(i => (Index: i, Why: IndexPlanning.LastTrace(beside, incident, i.TableOid, new(i.Oid, i.Quoted)))).Where(t => t.Why is not null).ToList();
        if (traces.Count > 0)
        {
            indexes = [.. indexes.Except(traces.Select(t => t.Index))];
            if (indexes.Count == 0)
            {
                return plan with { Refuse = traces[0].Why };
            }
        }
        if (await collation.BrokenPromiseAsync(session, cancel).ConfigureAwait(false) is { } broken)
        {
            return plan with { Refuse = broken };
        }
        var room = new TargetRoom(limits);
        foreach (var index in indexes)
        {
            if (await room.WhyWaitAsync(session, index, cancel).ConfigureAwait(false) is { } wait)
            {
                return plan with { Defer = wait };
            }
        }
        if (indexes.Count == 0 && !collation.WantsRefresh)
        {
            return plan with { Nothing = "no index depends on it" };
        }
        var steps = indexes.Select(Step).ToList();
        if (collation.WantsRefresh && traces.Count == 0)
        {
            steps.Add(new(collation.Refresh, "SHARE UPDATE EXCLUSIVE on the collation's row", "every dependent index has been rebuilt and re-checked"));
        }
        return plan with
        {
            Risk = indexes.Any(IsHard) ? RiskClass.LosslessLocking : RiskClass.LosslessOnline,
            Steps = steps,
            Indexes = indexes,
            IndexesBefore = session.IndexesBefore ?? await AllIndexesAsync(session, indexes, cancel).ConfigureAwait(false),
            Collation = collation,
            Notes = [.. traces.Select(t => t.Why!)],
            Work = traces.Count == 0 ? null : new LeftOut(traces.Count, traces[0].Why!),
        };
    }

    public async Task<RepairResult> ApplyAsync(RepairSession session, RepairPlan plan, SnapshotProof proof, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(proof);
        var log = new StatementLog();
        if (plan.Collation is not { } collation)
        {
            return new(RepairOutcome.Done, plan.Nothing, log.Sent);
        }
        var rebuilt = new List<long>();
        var trees = new List<long>();
        foreach (var index in plan.Indexes)
        {
            await OwnLeftovers.DropAsync(session, index, plan, log, cancel).ConfigureAwait(false);
            var end = await new PatientRebuild(limits).RunAsync(session, index, plan, Step(index).Statement,
                IsHard(index) ? limits.ExclusiveLockTimeout : limits.LockTimeout, log, cancel).ConfigureAwait(false);
            if (end.Outcome != RepairOutcome.Done)
            {
                return new(end.Outcome, end.Reason, log.Sent);
            }
            if (await IndexLook.AtAsync(session.Connection, new(index.Oid, index.Quoted), cancel).ConfigureAwait(false) is { Usable: true } now)
            {
                rebuilt.Add(now.Oid);
                if (now.Method == "btree")
                {
                    trees.Add(now.Oid);
                }
            }
        }
        if (plan.Work is LeftOut left)
        {
            return await WithoutAsync(session, left, rebuilt.Count, trees, log, cancel).ConfigureAwait(false);
        }
        var (proven, said) = await ProvenOrder.OfAsync(session, collation, rebuilt, recheck, cancel).ConfigureAwait(false);
        if (proven is null)
        {
            return new(RepairOutcome.Failed, $"the version is not refreshed: {said}", log.Sent);
        }
        if (collation.WantsRefresh)
        {
            try
            {
                await proven.RefreshAsync(session, log, cancel).ConfigureAwait(false);
            }
            catch (PostgresException e) when (session.Connection.FullState == System.Data.ConnectionState.Open)
            {
                return new(RepairOutcome.Failed, $"all indexes are rebuilt, but the version could not be refreshed: {e.MessageText}", log.Sent);
            }
        }
        return new(RepairOutcome.Done, said, log.Sent) { Rebuilt = await BtreesAsync(session, collation, cancel).ConfigureAwait(false) };
    }

    /// <summary>Indexes that are the last trace of rows stay as they are; so does the warning, since their order is the old one.</summary>
    private async Task<RepairResult> WithoutAsync(RepairSession session, LeftOut left, int rebuilt, List<long> trees, StatementLog log, CancellationToken cancel)
    {
        var looked = trees.Count == 0 ? null : await recheck.LookAsync(session.Target, trees, cancel).ConfigureAwait(false);
        return looked is { Sound: false } ? new(RepairOutcome.Failed, looked.Said, log.Sent)
            : new(RepairOutcome.Escalated, $"{rebuilt} of {rebuilt + left.Count} indexes are rebuilt, and the version is not refreshed: {left.Why}", log.Sent);
    }

    private static async Task<IReadOnlyList<long>> BtreesAsync(RepairSession session, CollationLook collation, CancellationToken cancel) =>
        [.. (await collation.IndexesAsync(session, cancel).ConfigureAwait(false)).Where(i => i.Method == "btree").Select(i => i.Oid)];

    private static async Task<IReadOnlyList<long>> AllIndexesAsync(RepairSession session, IReadOnlyList<IndexLook> indexes, CancellationToken cancel)
    {
        var all = new List<long>();
        foreach (var table in indexes.Select(i => i.TableOid).Distinct())
        {
            all.AddRange(await session.Connection.QueryAsync<long>(new CommandDefinition(Sql.Of<IndexLook>("table_indexes"), new { table }, cancellationToken: cancel)).ConfigureAwait(false));
        }
        return all;
    }

    private static bool IsHard(IndexLook index) => index.IsExclusion || index.IsCatalog;

    private static RepairStep Step(IndexLook index) => IsHard(index)
        ? new($"REINDEX INDEX {index.Quoted}", HardLocks, "its order hangs on the collation, and it cannot be rebuilt concurrently")
        : new($"REINDEX INDEX CONCURRENTLY {index.Quoted}", Locks, "its order hangs on the collation");

    /// <param name="Count">How many indexes are left as they are.</param>
    private sealed record LeftOut(int Count, string Why);
}
