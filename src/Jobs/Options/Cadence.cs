using System.Globalization;

namespace HealingWorkers.Jobs.Options;

/// <summary>Which intervals a cron line can say: minutes dividing the hour, hours dividing the day, 1d and 1w.</summary>
public static class Cadence
{
    private static readonly int[] Minutes = [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30];
    private static readonly int[] Hours = [1, 2, 3, 4, 6, 8, 12];

    private static readonly (TimeSpan Length, string Text)[] Sayable =
    [
        .. Minutes.Select(m => (TimeSpan.FromMinutes(m), $"{m}m")),
        .. Hours.Select(h => (TimeSpan.FromHours(h), $"{h}h")),
        (TimeSpan.FromDays(1), "1d"),
        (TimeSpan.FromDays(7), "1w"),
    ];

    /// <summary>Null where it is fine; empty where it is neither an interval nor a cron line; else what is wrong with it.</summary>
    public static string? Problem(string text)
    {
        if (text.Contains(' ', StringComparison.Ordinal))
        {
            return CronProblem(text);
        }
        if (!Durations.TryParse(text, out var wanted))
        {
            return "";
        }
        if (Sayable.Any(s => s.Length == wanted))
        {
            return null;
        }
        var below = Sayable.LastOrDefault(s => s.Length < wanted).Text;
        var above = Sayable.FirstOrDefault(s => s.Length > wanted).Text;
        var nearest = (string[])[.. new[] { below, above }.Where(t => t is not null)!];
        return $"a cron line cannot say {text}; the nearest that work: {string.Join(" and ", nearest)}";
    }

    private static string? CronProblem(string text)
    {
        (string Name, int Least, int Most)[] fields = [("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("day of week", 0, 7)];
        var parts = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length is 6 && IsZone(parts[5]))
        {
            parts = parts[..5];
        }
        if (parts.Length != 5)
        {
            return string.Create(CultureInfo.InvariantCulture, $"a cron line has five fields and may end with a time zone; this has {parts.Length}");
        }
        for (var i = 0; i < 5; i++)
        {
            if (!IsField(parts[i], fields[i].Least, fields[i].Most, i))
            {
                return $"`{parts[i]}` cannot be the {fields[i].Name}";
            }
        }
        return null;
    }

    private static bool IsZone(string zone) => TimeZoneInfo.TryFindSystemTimeZoneById(zone, out _);

    private static bool IsField(string field, int least, int most, int index) => field.Split(',').All(item =>
    {
        var step = item.Split('/');
        if (step.Length > 2 || (step.Length == 2 && !(int.TryParse(step[1], NumberStyles.None, CultureInfo.InvariantCulture, out var s) && s > 0)))
        {
            return false;
        }
        return step[0] == "*" || (step[0].Split('-') is { Length: <= 2 } range && range.All(n => IsValue(n, least, most, index)));
    });

    private static bool IsValue(string text, int least, int most, int index)
    {
        string[] names = index switch
        {
            3 => ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
            4 => ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
            _ => [],
        };
        return names.Contains(text, StringComparer.OrdinalIgnoreCase)
            || (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n >= least && n <= most);
    }
}
