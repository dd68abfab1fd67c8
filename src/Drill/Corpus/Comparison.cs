namespace HealingWorkers.Drill;

/// <summary>A database before the healing and after it, seen by nobody but the oracle.</summary>
/// <param name="Lost">Rows that could be read before and are neither in their table nor in quarantine.</param>
/// <param name="False">What was changed though it was not damaged.</param>
/// <param name="SameRows">Every table holds exactly the rows that it should.</param>
/// <param name="Kept">Something of the damaged tables is in quarantine.</param>
public sealed record Comparison(IReadOnlyList<string> Lost, IReadOnlyList<string> False, bool SameRows, bool Kept)
{
    /// <summary>There was nothing to compare with: nobody gets in any more.</summary>
    public bool Unreadable { get; init; }

    public static Comparison None { get; } = new([], [], SameRows: true, Kept: false);

    /// <param name="whole">The rows as they should be.</param>
    /// <param name="readable">The rows that could still be read when the healing began.</param>
    public static Comparison Of(
        Picture whole, IReadOnlyDictionary<string, IReadOnlyList<RowImage>> readable, Picture after, Quarantined quarantined, Scene scene)
    {
        var lost = new List<string>();
        var changed = new List<string>();
        var same = true;
        var kept = scene.Tables.Any(quarantined.Holds);
        foreach (var (table, before) in readable)
        {
            var now = after.Rows.GetValueOrDefault(table, []);
            var broken = scene.Tables.Contains(table, StringComparer.Ordinal);
            var missing = Missing(before, now);
            lost.AddRange(missing.Where(row => !quarantined.Claim(table, row)).Select(row => $"{table} {Short(row)}"));
            var should = whole.Rows.GetValueOrDefault(table, []);
            var differs = should.Count != now.Count || Missing(should, now).Count > 0;
            same &= !differs;
            if (!broken && differs)
            {
                changed.Add($"rows of {table} ({should.Count} before, {now.Count} after)");
            }
        }
        changed.AddRange(Changed(whole.Definitions, after.Definitions, scene));
        return new Comparison(lost, changed, same, kept);
    }

    private static List<RowImage> Missing(IReadOnlyList<RowImage> before, IReadOnlyList<RowImage> after)
    {
        var left = after.GroupBy(r => r.Key, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Count(), StringComparer.Ordinal);
        var missing = new List<RowImage>();
        foreach (var row in before)
        {
            if (left.GetValueOrDefault(row.Key) is > 0 and var count)
            {
                left[row.Key] = count - 1;
            }
            else
            {
                missing.Add(row);
            }
        }
        // Of a row that was known in part, any row will do that has that part.
        return [.. missing.Where(row => row.IsWhole || !after.Any(other => row.IsWithin(other.Values)))];
    }

    private static IEnumerable<string> Changed(IReadOnlyList<Definition> before, IReadOnlyList<Definition> after, Scene scene)
    {
        var now = after.ToDictionary(d => (d.Kind, d.Name), d => d);
        var then = before.ToDictionary(d => (d.Kind, d.Name), d => d);
        foreach (var key in then.Keys.Union(now.Keys))
        {
            var old = then.GetValueOrDefault(key);
            var present = now.GetValueOrDefault(key);
            if (old?.Value == present?.Value && old is null == present is null)
            {
                continue;
            }
            var table = (old ?? present)!.Table;
            var damaged = scene.Others.Contains(key.Name, StringComparer.Ordinal)
                || (key.Kind == "file" && scene.Tables.Contains(table, StringComparer.Ordinal) && present is not null);
            if (!damaged)
            {
                yield return old is null ? $"{key.Name} is new" : present is null ? $"{key.Name} is gone" : key.Kind == "file" ? $"{key.Name} has new files" : $"{key.Name} was {old.Value} and is {present.Value}";
            }
        }
    }

    private static string Short(RowImage row) => row.Key.Length > 120 ? row.Key[..120] + "..." : row.Key;
}
