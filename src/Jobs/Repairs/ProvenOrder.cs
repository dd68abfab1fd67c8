namespace HealingWorkers.Jobs.Repairs;

/// <summary>
/// Says that every index on a collation has been rebuilt and looked at again: without one, no version can be refreshed.
/// </summary>
public sealed class ProvenOrder
{
    private readonly CollationLook _collation;

    private ProvenOrder(CollationLook collation) => _collation = collation;

    /// <summary>Looks for dependents anew, so that none that came meanwhile is forgotten. Null, with what was said, when one is not proven.</summary>
    public static async Task<(ProvenOrder? Proof, string Said)> OfAsync(
        RepairSession session, CollationLook collation, IReadOnlyCollection<long> rebuilt, IndexRecheck recheck, CancellationToken cancel)
    {
        var now = await collation.IndexesAsync(session, cancel).ConfigureAwait(false);
        if (now.FirstOrDefault(i => !rebuilt.Contains(i.Oid)) is { } missed)
        {
            return (null, $"{missed.Quoted} depends on it as well and has not been rebuilt");
        }
        var trees = now.Where(i => i.Method == "btree").Select(i => i.Oid).ToList();
        if (trees.Count > 0 && await recheck.LookAsync(session.Target, trees, cancel).ConfigureAwait(false) is { Sound: false } verdict)
        {
            return (null, verdict.Said);
        }
        return (new(collation), $"{now.Count} dependent index(es) rebuilt, {trees.Count} checked");
    }

    public Task RefreshAsync(RepairSession session, StatementLog log, CancellationToken cancel) => log.RunAsync(session, _collation.Refresh, cancel);
}
