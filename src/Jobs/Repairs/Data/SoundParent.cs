using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>
/// Rows that point at nothing are wrong only where the table that they point at has never had, or has deleted, what they point at.
/// One that has lost rows looks the same from outside, but its indexes still lead to where they were.
/// </summary>
internal sealed class SoundParent(RepairSession session, ForeignKey key, IReadOnlyList<ParentLeaf> leaves)
{
    /// <summary>Each row is looked up in the parent's index again before it is touched; the first ones tell early that the parent is the damaged one.</summary>
    private const int MostAsked = 1000;
    private static readonly IReadOnlyList<ICheck> Checks = [new CountsCheck(), new IndexProbeCheck()];

    /// <summary>The plan as it is where the parent is sound; else with why not, or with what a person has to answer.</summary>
    public async Task<RepairPlan> OfAsync(RepairPlan plan, WrongPlaces found, CancellationToken cancel)
    {
        string? unreadable = null;
        foreach (var leaf in found.Places.GroupBy(p => p.Leaf))
        {
            var said = await ParentIndex.AskAsync(session.Target, key, leaf.Key.Quoted, [.. leaf.Take(MostAsked).Select(p => p.Ctid)], cancel).ConfigureAwait(false);
            if (said.Known > 0)
            {
                return plan with { Refuse = $"an index of {key.ParentQuoted} still knows {said.Known} of the keys: {Lost}" };
            }
            unreadable ??= said.Unreadable;
        }
        var (findings, later, unknown) = (new List<Finding>(), new List<string>(), new List<string>());
        foreach (var leaf in leaves)
        {
            await LookAsync(leaf, findings, later, unknown, cancel).ConfigureAwait(false);
        }
        return findings.Find(f => f.Kind == FindingKind.HeapRowsLost || f.Kind == FindingKind.HeapValueSuspect) is { } lost
                ? plan with { Refuse = $"{lost.Kind.Name} at {lost.Object}: {lost.Detail}. {Lost}" }
            : findings.FirstOrDefault() is { } other
                ? plan with { Defer = $"{other.Object} has other damage ({other.Kind.Name}: {other.Detail}), which comes first: what looks wrong here may be its consequence" }
            : unreadable is not null ? plan with { Refuse = $"whether {key.ParentQuoted} has lost rows cannot be told: {unreadable}" }
            : later.Count > 0 ? plan with { Defer = $"whether {key.ParentQuoted} has lost rows cannot be told now: {later[0]}" }
            : unknown.Count > 0 ? plan with { Asks = $"whether {key.ParentQuoted} has lost rows cannot be told here, so that it wants approval: {unknown[0]}" }
            : plan;
    }

    private string Lost => $"{key.ParentQuoted} has lost rows, and what points at them is left alone until it has them back";

    private async Task LookAsync(ParentLeaf leaf, List<Finding> findings, List<string> later, List<string> unknown, CancellationToken cancel)
    {
        if (leaf.Kind != "r")
        {
            unknown.Add($"{leaf.Quoted} is no table of this database");
            return;
        }
        // one reads through the server, the other beside it: neither waits for the other
        var reports = await Task.WhenAll(Checks.Select(c => c.RunAsync(new(session.Target, CheckScope.OfTable(leaf.Oid)), cancel))).ConfigureAwait(false);
        foreach (var report in reports)
        {
            findings.AddRange(report.Findings);
            if (report.Status == CheckStatus.Failed)
            {
                later.Add($"{report.Check} failed: {report.Reason}");
            }
            else if (report.Status == CheckStatus.Unavailable)
            {
                unknown.Add($"{report.Check} is unavailable: {report.Reason}");
            }
            else if (report.Check == IndexProbeCheck.CheckName && leaf.HasPages && !leaf.Witnesses.Intersect(report.Examined).Any())
            {
                unknown.Add($"{leaf.Quoted} has no index that would still know of them");
            }
        }
    }
}
