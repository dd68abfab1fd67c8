using Dapper;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>The indexes of a table whose rows were worked on beside the server's own statements: each must lead to them again.</summary>
internal sealed class TableIndexes(IndexRecheck recheck, RepairLimits limits)
{
    /// <summary>All indexes before the first attempt: what is new and invalid after a failure is the repair's own.</summary>
    public static async Task<IReadOnlyList<long>> BeforeAsync(RepairSession session, long table, CancellationToken cancel) =>
        session.IndexesBefore ?? [.. await session.Connection.QueryAsync<long>(new CommandDefinition(Sql.Of<IndexLook>("table_indexes"), new { table }, cancellationToken: cancel)).ConfigureAwait(false)];

    /// <summary>No row is left to be worked on. An attempt that was may have ended before the indexes led to its rows again, so that they are seen to all the same; of rows nothing is changed.</summary>
    public static async Task<RepairPlan> NoRowsAsync(RepairSession session, Incident incident, RepairPlan plan, string nothing, CancellationToken cancel) =>
        await TableLook.AtAsync(session.Connection, incident.TableOid, cancel).ConfigureAwait(false) is not { } table ? plan with { Nothing = nothing, Derived = true }
            : plan with { Nothing = nothing, Derived = true, IndexesBefore = await BeforeAsync(session, table.Oid, cancel).ConfigureAwait(false), Work = new NoRows(table, session.IndexesBefore is not null) };

    /// <summary>Carries out a plan that has no rows.</summary>
    /// <param name="others">Indexes that are no B-trees are built anew as well, where there was an attempt before.</param>
    public async Task<RepairResult> MendAloneAsync(RepairSession session, RepairPlan plan, bool others, StatementLog log, CancellationToken cancel)
    {
        if (plan.Work is not NoRows work)
        {
            return new(RepairOutcome.Done, plan.Nothing, log.Sent);
        }
        var mended = await MendAsync(session, work.Table, plan, others && work.Again, log, cancel).ConfigureAwait(false);
        return mended.Trouble is { } trouble ? new(mended.End, $"{plan.Nothing}, but {trouble}", log.Sent)
            : new(RepairOutcome.Done, plan.Nothing, log.Sent) { Rebuilt = mended.Rebuilt, Touched = [.. mended.Touched] };
    }

    /// <summary>Proves a plan that has no rows.</summary>
    public async Task<OwnProof> ProveAloneAsync(RepairSession session, RepairPlan plan, CancellationToken cancel) =>
        plan.Work is NoRows work ? await ProveAsync(session, work.Table.Oid, "no row was left to be worked on", cancel).ConfigureAwait(false)
            : new(true, plan.Nothing ?? "nothing was to be done");

    /// <param name="others">Indexes that are no B-trees are built anew as well, since nothing says whether they are sound.</param>
    public async Task<MendedIndexes> MendAsync(RepairSession session, TableLook table, RepairPlan plan, bool others, StatementLog log, CancellationToken cancel)
    {
        var rebuilt = new List<string>();
        var indexes = await table.IndexesAsync(session.Connection, cancel).ConfigureAwait(false);
        var beside = await session.OpenBesideAsync([table.Oid, .. indexes.Select(i => i.Oid)], cancel).ConfigureAwait(false);
        foreach (var index in indexes)
        {
            if (index.IsBtree ? await recheck.LookAsync(session.Target, [index.Oid], cancel).ConfigureAwait(false) is { Sound: true } : !others)
            {
                continue;
            }
            if (await IndexLook.AtAsync(session.Connection, new(index.Oid, index.Quoted), cancel).ConfigureAwait(false) is not { Usable: true } look)
            {
                continue;
            }
            if (IndexPlanning.OwnTrace(beside, table.Oid, new(index.Oid, index.Quoted)) is { } trace)
            {
                return new([], $"{look.Quoted} is not built anew: {trace}") { Outcome = RepairOutcome.Escalated };
            }
            var statement = look.IsExclusion ? $"REINDEX INDEX {look.Quoted}" : $"REINDEX INDEX CONCURRENTLY {look.Quoted}";
            var end = await new PatientRebuild(limits).RunAsync(session, look, plan, statement, look.IsExclusion ? limits.ExclusiveLockTimeout : limits.LockTimeout, log, cancel).ConfigureAwait(false);
            if (end.Outcome != RepairOutcome.Done)
            {
                return new([], $"{look.Quoted} could not be built anew: {end.Reason}") { Outcome = end.HasDuplicates ? RepairOutcome.Escalated : end.Outcome };
            }
            rebuilt.Add(look.Quoted);
        }
        var now = await table.IndexesAsync(session.Connection, cancel).ConfigureAwait(false);
        return new([.. now.Where(i => i.IsBtree && rebuilt.Contains(i.Quoted, StringComparer.Ordinal)).Select(i => i.Oid)], null)
        {
            Others = [.. now.Where(i => !i.IsBtree && rebuilt.Contains(i.Quoted, StringComparer.Ordinal)).Select(i => i.Oid)],
        };
    }

    /// <summary>All B-trees of the table, as they are now.</summary>
    public async Task<OwnProof> ProveAsync(RepairSession session, long table, string said, CancellationToken cancel)
    {
        if (await TableLook.AtAsync(session.Connection, table, cancel).ConfigureAwait(false) is not { } look)
        {
            return new(true, "the table is gone");
        }
        var trees = (await look.IndexesAsync(session.Connection, cancel).ConfigureAwait(false)).Where(i => i.IsBtree).Select(i => i.Oid).ToList();
        if (trees.Count == 0)
        {
            return new(true, said);
        }
        var verdict = await recheck.LookAsync(session.Target, trees, cancel).ConfigureAwait(false);
        return new(verdict.Looked ? verdict.Sound : null, $"{said}; {verdict.Said}");
    }
}

/// <param name="Rebuilt">B-trees that were built anew.</param>
/// <param name="Trouble">Why one could not be.</param>
internal sealed record MendedIndexes(IReadOnlyList<long> Rebuilt, string? Trouble)
{
    public IReadOnlyList<long> Others { get; init; } = [];
    public RepairOutcome Outcome { get; init; } = RepairOutcome.Done;
    /// <summary>Of a repair that is done but for an index: what a later try may get done is put off, the rest is a person's.</summary>
    public RepairOutcome End => Outcome == RepairOutcome.Deferred ? RepairOutcome.Deferred : RepairOutcome.Escalated;
    public IEnumerable<TouchedRelation> Touched => Others.Select(o => new TouchedRelation(o, []));
}

/// <param name="Again">There was an attempt before.</param>
internal sealed record NoRows(TableLook Table, bool Again);
