namespace HealingWorkers.Drill;

/// <summary>One table before the healing and after it.</summary>
/// <param name="Lost">Rows that could be read and are neither there nor in quarantine.</param>
/// <param name="Taken">Rows that could be read whole, and are in quarantine instead.</param>
/// <param name="Strange">Rows that nobody wrote and no damage showed, save one for each that is no longer what it was and is so but for a value or two.</param>
/// <param name="IsSame">It holds exactly the rows that it should.</param>
/// <param name="IsKept">Every row that is no longer what it should be is in quarantine, as much of it as could be read.</param>
internal sealed record TableComparison(string Table, List<RowImage> Lost, List<RowImage> Taken, List<RowImage> Strange, bool IsSame, bool IsKept)
{
    private const int MostChanged = 2;

    public int Before { get; private init; }

    public int After { get; private init; }

    public static TableComparison Of(string table, IReadOnlyList<RowImage> whole, IReadOnlyList<RowImage> read, IReadOnlyList<RowImage> after, Quarantined quarantined, Func<RowPlace, bool> wasThere)
    {
        var readable = ReferenceEquals(whole, read) ? whole : whole.StillIn(read);
        // where rubbish lies beside a row the page is read at one time and not at another; and rubbish may come to be seen by itself,
        // when the number that it has for its transaction is given to one: what lies as it lay was taken out by nobody, and written by nobody
        bool IsThere(RowImage row) => row.Place is { } place && wasThere(place);
        var missing = Missing(readable, after).Where(row => !IsThere(row)).ToList();
        var inQuarantine = missing.ToLookup(row => quarantined.Claim(table, row));
        var absent = Missing(whole, after);
        var parts = readable.Where(row => !row.IsWhole).ToList();
        var unread = Without(absent, [.. missing.Where(row => row.IsWhole)]);
        var unkept = unread.Count(row => !quarantined.Claim(table, row) && !parts.Exists(part => part.IsWithin(row.Values)));
        var strange = Without(Missing(after, whole), ReferenceEquals(whole, read) ? [] : Missing(read, whole));
        strange.RemoveAll(IsThere);
        return new TableComparison(
            table, [.. inQuarantine[false]], [.. inQuarantine[true].Where(row => row.IsWhole)], Unexplained(strange, absent),
            whole.Count == after.Count && absent.Count == 0, !inQuarantine[false].Any() && unkept == 0)
        {
            Before = whole.Count,
            After = after.Count,
        };
    }

    /// <summary>A repair that changes a row changes what is wrong in it, and may mark it.</summary>
    private static List<RowImage> Unexplained(List<RowImage> strange, IReadOnlyList<RowImage> absent)
    {
        var left = absent.ToList();
        var unexplained = new List<RowImage>();
        foreach (var row in strange)
        {
            var before = left.FindIndex(old => old.Values.Count(v => !string.Equals(v.Value, row.Values.GetValueOrDefault(v.Key), StringComparison.Ordinal)) <= MostChanged);
            if (before < 0)
            {
                unexplained.Add(row);
            }
            else
            {
                left.RemoveAt(before);
            }
        }
        return unexplained;
    }

    private static List<RowImage> Missing(IReadOnlyList<RowImage> before, IReadOnlyList<RowImage> after)
    {
        // Of a row that was known in part, any row will do that has that part.
        return [.. Without(before, after).Where(row => row.IsWhole || !after.Any(other => row.IsWithin(other.Values)))];
    }

    private static List<RowImage> Without(IReadOnlyList<RowImage> rows, IReadOnlyList<RowImage> others)
    {
        var left = others.GroupBy(r => r.Key, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Count(), StringComparer.Ordinal);
        var without = new List<RowImage>();
        foreach (var row in rows)
        {
            if (left.GetValueOrDefault(row.Key) is > 0 and var count)
            {
                left[row.Key] = count - 1;
            }
            else
            {
                without.Add(row);
            }
        }
        return without;
    }
}
