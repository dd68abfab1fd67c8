using System.Globalization;

namespace HealingWorkers.Jobs.Pages;

/// <summary>The place of a row version: its page and its line pointer, written as the server does.</summary>
public readonly record struct Tid(long Block, int Offset)
{
    public static Tid Parse(string text)
    {
        var comma = text.IndexOf(',', StringComparison.Ordinal);
        return new(long.Parse(text.AsSpan(1, comma - 1), CultureInfo.InvariantCulture), int.Parse(text.AsSpan(comma + 1, text.Length - comma - 2), CultureInfo.InvariantCulture));
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"({Block},{Offset})");
}
