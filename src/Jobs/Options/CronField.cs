using System.Globalization;

namespace HealingWorkers.Jobs.Options;

/// <summary>One field of a cron line: the values it allows.</summary>
public sealed class CronField
{
    private readonly string _text;

    private CronField(bool any, int[] values, string text) => (IsAny, Values, _text) = (any, values, text);

    internal static IReadOnlyList<CronKind> Kinds { get; } =
    [
        new("minute", 0, 59, []),
        new("hour", 0, 23, []),
        new("day", 1, 31, []),
        new("month", 1, 12, ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]),
        new("day of week", 0, 7, ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]),
    ];

    public bool IsAny { get; }

    /// <summary>In rising order; Sunday is 0.</summary>
    public IReadOnlyList<int> Values { get; }

    public bool Has(int value) => IsAny || Values.Contains(value);

    public override string ToString() => _text;

    internal static CronField? TryParse(string text, CronKind kind)
    {
        var values = new SortedSet<int>();
        foreach (var item in text.Split(','))
        {
            if (!Add(item, kind, values))
            {
                return null;
            }
        }
        if (kind.Most == 7 && values.Remove(7))
        {
            values.Add(0);
        }
        var all = kind.Most == 7 ? 7 : kind.Most - kind.Least + 1;
        var any = values.Count == all;
        return new CronField(any, [.. values], any ? "*" : Compact([.. values], kind));
    }

    private static bool Add(string item, CronKind kind, SortedSet<int> values)
    {
        var parts = item.Split('/');
        if (parts.Length > 2 || (parts.Length == 2 && !(int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var given) && given > 0)))
        {
            return false;
        }
        var step = parts.Length == 2 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 1;
        var top = kind.Most == 7 ? 6 : kind.Most;
        int least, most;
        if (parts[0] == "*")
        {
            (least, most) = (kind.Least, top);
        }
        else
        {
            var ends = parts[0].Split('-');
            if (ends.Length > 2 || kind.Value(ends[0]) is not { } first || kind.Value(ends[^1]) is not { } last)
            {
                return false;
            }
            (least, most) = (first, ends.Length == 1 && parts.Length == 2 ? top : last);
        }
        for (var value = least; value <= most; value += step)
        {
            values.Add(value);
        }
        return least <= most;
    }

    // A run of equal steps up to the end of the field is said as such: engines show it to people.
    private static string Compact(int[] values, CronKind kind)
    {
        var step = values.Length > 2 ? values[1] - values[0] : 0;
        var regular = step > 0 && values.Zip(values.Skip(1)).All(p => p.Second - p.First == step);
        return regular && values[^1] + step > kind.Most
            ? string.Create(CultureInfo.InvariantCulture, $"{values[0]}-{(kind.Most == 7 ? 6 : kind.Most)}/{step}")
            : string.Join(',', values);
    }
}

internal sealed record CronKind(string Name, int Least, int Most, string[] Names)
{
    public int? Value(string text)
    {
        var named = Array.FindIndex(Names, n => string.Equals(n, text, StringComparison.OrdinalIgnoreCase));
        if (named >= 0)
        {
            return named + (Least == 1 ? 1 : 0);
        }
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n >= Least && n <= Most ? n : null;
    }
}
