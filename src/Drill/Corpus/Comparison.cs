using System.Globalization;

namespace HealingWorkers.Drill;

/// <summary>A database before the healing and after it, seen by nobody but the oracle.</summary>
/// <param name="Lost">Rows that could be read before and are neither in their table nor in quarantine, and pages that nobody could read and that were written over.</param>
/// <param name="False">What was changed though it was not damaged.</param>
/// <param name="SameRows">Every table holds exactly the rows that it should.</param>
/// <param name="Kept">Every row that is no longer what it should be is in quarantine.</param>
public sealed record Comparison(IReadOnlyList<string> Lost, IReadOnlyList<string> False, bool SameRows, bool Kept)
{
    /// <summary>There was nothing to compare with: nobody gets in any more.</summary>
    public bool Unreadable { get; init; }

    public static Comparison None { get; } = new([], [], SameRows: true, Kept: false);

    /// <param name="whole">The rows as they should be.</param>
    /// <param name="read">What could still be read when the healing began, also where it is no row that anybody wrote.</param>
    /// <param name="pages">The rows of a page that nobody could read, and that is gone, have to be somewhere else.</param>
    public static Comparison Of(
        Picture whole, IReadOnlyDictionary<string, IReadOnlyList<RowImage>> read, Picture after, Quarantined quarantined, Scene scene, PageChanges? pages = null)
    {
        pages ??= PageChanges.None;
        var tables = read.Select(r => TableComparison.Of(
            r.Key, whole.Rows.GetValueOrDefault(r.Key, []), r.Value, after.Rows.GetValueOrDefault(r.Key, []), quarantined, place => pages.WasThere(r.Key, place))).ToList();
        var permits = Permits.Of(scene.Suspects, whole, tables.ToDictionary(t => t.Table, t => t.Taken, StringComparer.Ordinal));
        var changed = new List<string>();
        foreach (var table in tables)
        {
            var without = table.Taken.Where(row => !permits.Take(table.Table, row)).ToList();
            if (scene.Tables.Contains(table.Table, StringComparer.Ordinal))
            {
                changed.AddRange(without.Select(row => $"{table.Table} {Short(row)} was taken out or changed"));
                changed.AddRange(table.Strange.Select(row => $"{table.Table} {Short(row)} is new"));
            }
            else if (without.Count + table.Strange.Count + table.Lost.Count > 0)
            {
                changed.Add($"rows of {table.Table} ({table.Before} before, {table.After} after)");
            }
        }
        changed.AddRange(Changed(whole.Definitions, after.Definitions, scene));
        return new Comparison(
            [
                .. tables.SelectMany(t => t.Lost.Select(row => $"{t.Table} {Short(row)}")),
                .. pages.Overwritten.Where(page => !tables.TrueForAll(t => t.Table != page.Table || t.IsKept)).Select(page => string.Create(CultureInfo.InvariantCulture, $"{page.Table} block {page.Block}, which nobody could read, was written over")),
            ],
            changed, tables.TrueForAll(t => t.IsSame), tables.TrueForAll(t => t.IsKept));
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
            var damaged = (scene.Others.Contains(key.Name, StringComparer.Ordinal) && IsCure(key.Kind, key.Name, old, present, scene))
                || (key.Kind == "file" && scene.Tables.Contains(table, StringComparer.Ordinal) && present is not null);
            if (!damaged)
            {
                yield return old is null ? $"{key.Name} is new" : present is null ? $"{key.Name} is gone" : key.Kind == "file" ? $"{key.Name} has new files" : $"{key.Name} was {old.Value} and is {present.Value}";
            }
        }
    }

    /// <summary>What is broken may be built anew: it stays what it is, and a sequence all that it is. Only a leftover may go.</summary>
    private static bool IsCure(string kind, string name, Definition? old, Definition? present, Scene scene) =>
        present is null ? scene.Leftovers.Contains(name, StringComparer.Ordinal) : old is null || kind == "file" || !old.Value!.StartsWith("S |", StringComparison.Ordinal);

    private static string Short(RowImage row) => row.Key.Length > 120 ? row.Key[..120] + "..." : row.Key;
}
