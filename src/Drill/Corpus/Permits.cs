namespace HealingWorkers.Drill;

/// <summary>
/// For how many rows of each content a repair had a reason: those that were struck, and those that a struck one took along
/// when it was taken out. Each permit is for one row.
/// </summary>
internal sealed class Permits
{
    private readonly Dictionary<(string Table, string Key), int> _single = [];
    private readonly Dictionary<(string Table, string Key), List<string>> _grouped = [];
    private readonly Dictionary<string, int> _sizes = new(StringComparer.Ordinal);
    private readonly HashSet<(string Table, RowPlace Place)> _company = [];

    /// <param name="gone">The rows that could be read, are no longer in their table as they were, and are in quarantine.</param>
    public static Permits Of(Suspects suspects, Picture whole, IReadOnlyDictionary<string, List<RowImage>> gone)
    {
        var permits = new Permits();
        var went = gone.SelectMany(g => g.Value.Select(row => (g.Key, row.Key))).GroupBy(k => k).ToDictionary(k => k.Key, k => k.Count());
        bool Went(string table, RowImage row) => went.GetValueOrDefault((table, row.Key)) > 0 && went[(table, row.Key)]-- > 0;
        var parents = new Queue<(string Table, RowImage Row, bool Shared)>();
        var shared = new List<(string Table, RowImage Row, string Group)>();
        foreach (var (table, rows) in whole.Rows)
        {
            foreach (var row in rows)
            {
                if (!suspects.Has(table, row, out var group))
                {
                    continue;
                }
                permits.Add(table, row, group);
                if (!Went(table, row))
                {
                    continue;
                }
                if (group is null)
                {
                    parents.Enqueue((table, row, false));
                }
                else
                {
                    shared.Add((table, row, group));
                }
            }
        }
        foreach (var (table, row, _) in shared.GroupBy(s => s.Group, StringComparer.Ordinal).Where(g => g.Count() < permits._sizes[g.Key]).SelectMany(g => g))
        {
            parents.Enqueue((table, row, true));
        }
        while (parents.TryDequeue(out var parent))
        {
            // Who refers to one of several alike is brought to the one that stays, whatever the key says of a deletion.
            foreach (var key in suspects.Keys.Where(k => k.Parent == parent.Table && (k.Cascades || k.Loosens || parent.Shared)))
            {
                foreach (var child in Referring(whole, key, parent.Row).Where(c => permits._company.Add((key.Child, c.Place!.Value))))
                {
                    permits.Add(key.Child, child, null);
                    if (key.Cascades && Went(key.Child, child))
                    {
                        parents.Enqueue((key.Child, child, false));
                    }
                }
            }
        }
        return permits;
    }

    public bool Take(string table, RowImage row)
    {
        if (_single.GetValueOrDefault((table, row.Key)) is > 0 and var count)
        {
            _single[(table, row.Key)] = count - 1;
            return true;
        }
        if (!_grouped.TryGetValue((table, row.Key), out var groups) || groups.FindIndex(g => _sizes[g] > 1) is not (>= 0 and var at))
        {
            return false;
        }
        _sizes[groups[at]]--;
        groups.RemoveAt(at);
        return true;
    }

    private void Add(string table, RowImage row, string? group)
    {
        if (group is null)
        {
            _single[(table, row.Key)] = _single.GetValueOrDefault((table, row.Key)) + 1;
            return;
        }
        _sizes[group] = _sizes.GetValueOrDefault(group) + 1;
        if (!_grouped.TryGetValue((table, row.Key), out var groups))
        {
            _grouped[(table, row.Key)] = groups = [];
        }
        groups.Add(group);
    }

    private static IEnumerable<RowImage> Referring(Picture whole, KeyFact key, RowImage parent)
    {
        var wanted = key.To.Select(c => parent.Values.GetValueOrDefault(c)).ToList();
        return wanted.Contains(null) ? [] : whole.Rows.GetValueOrDefault(key.Child, [])
            .Where(row => row.Place is not null && key.From.Select(c => row.Values.GetValueOrDefault(c)).SequenceEqual(wanted, StringComparer.Ordinal));
    }
}
