using System.Globalization;

namespace HealingWorkers.Jobs.Options;

/// <summary>Durations as people write them: 500ms, 30s, 10m, 2h, 1d, 1w.</summary>
public static class Durations
{
    private static readonly (string Unit, TimeSpan Length)[] Units =
    [
        ("ms", TimeSpan.FromMilliseconds(1)), ("w", TimeSpan.FromDays(7)), ("d", TimeSpan.FromDays(1)),
        ("h", TimeSpan.FromHours(1)), ("m", TimeSpan.FromMinutes(1)), ("s", TimeSpan.FromSeconds(1)),
    ];

    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        foreach (var (unit, length) in Units)
        {
            if (text.EndsWith(unit, StringComparison.Ordinal))
            {
                if (!int.TryParse(text[..^unit.Length], NumberStyles.None, CultureInfo.InvariantCulture, out var count)
                    || count * length.TotalDays > 36500)
                {
                    return false;
                }
                duration = count * length;
                return true;
            }
        }
        return false;
    }

    public static string Text(TimeSpan duration)
    {
        foreach (var unit in (string[])["w", "d", "h", "m", "s"])
        {
            var length = Units.First(u => u.Unit == unit).Length;
            if (duration >= length && duration.Ticks % length.Ticks == 0)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{duration.Ticks / length.Ticks}{unit}");
            }
        }
        return string.Create(CultureInfo.InvariantCulture, $"{duration.TotalMilliseconds}ms");
    }
}
