using System.Globalization;

namespace HealingWorkers.Jobs.Telemetry;

/// <summary>A moment as other programs read it: UTC, to the millisecond.</summary>
public static class IsoTime
{
    public static string Text(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
}
