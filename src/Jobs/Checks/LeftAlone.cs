namespace HealingWorkers.Jobs.Checks;

/// <summary>Tables that a check passes by, and the lines of its report that say so.</summary>
internal sealed class LeftAlone
{
    private const int Shown = 5;
    private readonly SortedDictionary<string, SortedSet<string>> _tables = new(StringComparer.Ordinal);

    /// <summary>A line for each reason; null where nothing was left alone.</summary>
    public string? Reason => Joined([.. _tables.Select(r => Line(r.Value, "not looked at", r.Key))]);

    /// <summary>Whether the table is to be passed by, which is then noted.</summary>
    /// <param name="why">Null where it is not.</param>
    public bool Passes(string table, string? why)
    {
        if (why is null)
        {
            return false;
        }
        (_tables.TryGetValue(why, out var tables) ? tables : _tables[why] = new(StringComparer.Ordinal)).Add(table);
        return true;
    }

    public static string Line(IReadOnlyCollection<string> tables, string what, string why) =>
        $"{tables.Count} table(s) {what}: {string.Join(", ", tables.Take(Shown))}{(tables.Count > Shown ? ", ..." : "")}: {why}";

    public static string? Joined(params IReadOnlyList<string?> reasons) =>
        reasons.OfType<string>().ToList() is { Count: > 0 } some ? string.Join("; ", some) : null;
}
