using System.Globalization;

namespace HealingWorkers.Jobs.Targets;

/// <summary>A position in the WAL as a number, and as PostgreSQL writes it.</summary>
internal static class Lsn
{
    /// <param name="text">As <c>16/B374D848</c>; null is the beginning.</param>
    public static long Of(string? text) => text?.Split('/') is [var high, var low] ? (Number(high) << 32) + Number(low) : 0;

    public static string Text(long lsn) => string.Create(CultureInfo.InvariantCulture, $"{lsn >> 32:X}/{lsn & 0xFFFFFFFF:X}");

    private static long Number(string hex) => long.Parse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
