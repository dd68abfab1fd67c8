namespace HealingWorkers.Drill;

public static class StillReadable
{
    /// <summary>
    /// Of the rows that were there, those that were read again after the damage. What else was read is
    /// no row that anybody ever wrote.
    /// </summary>
    public static IReadOnlyList<RowImage> StillIn(this IReadOnlyList<RowImage> before, IReadOnlyList<RowImage> read)
    {
        var left = before.GroupBy(r => r.Key, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Count(), StringComparer.Ordinal);
        var still = new List<RowImage>();
        foreach (var row in read)
        {
            if (row.IsWhole && left.GetValueOrDefault(row.Key) is > 0 and var count)
            {
                left[row.Key] = count - 1;
                still.Add(row);
            }
            else if (!row.IsWhole && before.Any(whole => row.IsWithin(whole.Values)))
            {
                still.Add(row);
            }
        }
        return still;
    }
}
