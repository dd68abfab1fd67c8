using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>Asks the B-tree check once more about a few indexes, before a repair that may be needless and after one that may have failed.</summary>
public sealed class IndexRecheck(IReadOnlyList<ICheck> checks)
{
    public async Task<IndexVerdict> LookAsync(Target target, IReadOnlyList<long> indexes, CancellationToken cancel)
    {
        if (checks.FirstOrDefault(c => c.Description.Name == BtreeCheck.CheckName) is not { } check)
        {
            return new(false, false, "no check of B-tree indexes is there to look again");
        }
        var report = await check.RunAsync(new(target, CheckScope.OfIndexes(indexes)), cancel).ConfigureAwait(false);
        if (report.Findings.Count > 0)
        {
            return new(true, false, string.Join("; ", report.Findings.Select(f => $"{f.Object}: {f.Detail}").Take(5)));
        }
        var missed = indexes.Except(report.Examined).ToList();
        return report.Status != CheckStatus.Clean ? new(false, false, $"{check.Description.Name} is {report.Status.ToString().ToLowerInvariant()}: {report.Reason}")
            : missed.Count > 0 ? new(false, false, $"{check.Description.Name} did not examine {missed.Count} of {indexes.Count} indexes")
            : new(true, true, $"{check.Description.Name} is clean on {indexes.Count} index(es)");
    }
}

/// <param name="Looked">False when the check could not tell.</param>
public sealed record IndexVerdict(bool Looked, bool Sound, string Said);
