using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>Asks the checks of indexes once more about a few of them, before a repair that may be needless and after one that may have failed.</summary>
public sealed class IndexRecheck(IReadOnlyList<ICheck> checks)
{
    /// <summary>
    /// In this order; an index must have been looked at by one of them, and none may find anything. gin sees the form of an index and none of its rows:
    /// its word alone is enough only where nobody may compare the two.
    /// </summary>
    private static readonly string[] Order = [BtreeCheck.CheckName, GinCheck.CheckName, IndexProbeCheck.CheckName];

    public async Task<IndexVerdict> LookAsync(Target target, IReadOnlyList<long> indexes, CancellationToken cancel)
    {
        var (missed, clean, reasons) = (indexes.ToList(), new List<string>(), new List<string>());
        var formed = new List<long>();
        foreach (var check in Order.Select(name => checks.FirstOrDefault(c => c.Description.Name == name)).OfType<ICheck>())
        {
            // a B-tree that was verified needs no other look, and what is none is never seen by its check
            if (missed.Count == 0)
            {
                break;
            }
            var report = await check.RunAsync(new(target, CheckScope.OfIndexes(missed)), cancel).ConfigureAwait(false);
            // one that is heard alone calls rows lost where it is itself at fault
            if (report.Findings.Where(f => indexes.Contains(f.Object.Oid) || !f.Kind.IsEvent || f.Kind == FindingKind.HeapRowsLost).ToList() is { Count: > 0 } found)
            {
                return new(true, false, string.Join("; ", found.Select(f => $"{f.Object}: {f.Detail}").Take(5)));
            }
            var seen = missed.Intersect(report.Examined).ToList();
            if (check.Description.Name == GinCheck.CheckName)
            {
                formed = seen;
            }
            else
            {
                missed = [.. missed.Except(seen).Except(report.Status == CheckStatus.Unavailable ? formed : [])];
            }
            if (seen.Count > 0)
            {
                clean.Add($"{check.Description.Name} is clean on {seen.Count} index(es)");
            }
            if (report.Status is not (CheckStatus.Clean or CheckStatus.Damaged))
            {
                reasons.Add($"{check.Description.Name} is {report.Status.ToString().ToLowerInvariant()}: {report.Reason}");
            }
        }
        if (!checks.Any(c => c.Description.Name == IndexProbeCheck.CheckName))
        {
            missed = [.. missed.Except(formed)];
        }
        return missed.Count == 0 ? new(true, true, string.Join("; ", clean))
            : new(false, false, reasons.Count > 0 ? string.Join("; ", reasons) : $"no check of indexes examined {missed.Count} of {indexes.Count} indexes");
    }
}

/// <param name="Looked">False when the check could not tell.</param>
public sealed record IndexVerdict(bool Looked, bool Sound, string Said);
