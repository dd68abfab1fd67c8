using System.Globalization;

namespace HealingWorkers.Jobs.Failover;

/// <summary>A position in the log as a number.</summary>
internal static class Lsn
{
    /// <param name="text">As <c>16/B374D848</c>; null is the beginning.</param>
    public static long Of(string? text) => text?.Split('/') is [var high, var low]
        ? (long.Parse(high, NumberStyles.HexNumber, CultureInfo.InvariantCulture) << 32) + long.Parse(low, NumberStyles.HexNumber, CultureInfo.InvariantCulture)
        : 0;
}
