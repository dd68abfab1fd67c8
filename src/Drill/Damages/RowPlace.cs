using System.Globalization;

namespace HealingWorkers.Drill;

/// <summary>Where a row version lies: its block and its line pointer, which counts from 1.</summary>
public readonly record struct RowPlace(long Block, int Item)
{
    /// <summary>Reads a ctid as SQL writes it: (block,item).</summary>
    public static RowPlace Parse(string ctid)
    {
        var parts = ctid.Trim('(', ')').Split(',');
        return new RowPlace(long.Parse(parts[0], CultureInfo.InvariantCulture), int.Parse(parts[1], CultureInfo.InvariantCulture));
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"({Block},{Item})");
}
