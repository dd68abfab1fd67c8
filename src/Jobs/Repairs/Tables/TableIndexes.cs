using HealingWorkers.Jobs.Checks;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>The indexes of a table whose rows were worked on beside the server's own statements: each must lead to them again.</summary>
internal sealed class TableIndexes(IndexRecheck recheck, RepairLimits limits)
{
    /// <param name="others">Indexes that are no B-trees are built anew as well, since nothing says whether they are sound.</param>
    public async Task<MendedIndexes> MendAsync(RepairSession session, TableLook table, RepairPlan plan, bool others, StatementLog log, CancellationToken cancel)
    {
        var rebuilt = new List<string>();
        foreach (var index in await table.IndexesAsync(session.Connection, cancel).ConfigureAwait(false))
        {
            if (index.IsBtree ? await recheck.LookAsync(session.Target, [index.Oid], cancel).ConfigureAwait(false) is { Sound: true } : !others)
            {
                continue;
            }
            if (await IndexLook.AtAsync(session.Connection, new(index.Oid, index.Quoted), cancel).ConfigureAwait(false) is not { Usable: true } look)
            {
                continue;
            }
            var statement = look.IsExclusion ? $"REINDEX INDEX {look.Quoted}" : $"REINDEX INDEX CONCURRENTLY {look.Quoted}";
            var end = await new PatientRebuild(limits).RunAsync(session, look, plan, statement, look.IsExclusion ? limits.ExclusiveLockTimeout : limits.LockTimeout, log, cancel).ConfigureAwait(false);
            if (end.Outcome != RepairOutcome.Done)
            {
                return new([], $"{look.Quoted} could not be built anew: {end.Reason}") { Outcome = end.Outcome };
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
}
