using HealingWorkers.Jobs.Errors;

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

    /// <summary>The interval as a cron line, moved by a share of its length (0 to 1), so that not everything comes at once. A cron line stays as it is.</summary>
    public static CronLine Line(string text, double share)
    {
        if (Problem(text) is { } problem)
        {
            throw new HealingException(problem.Length == 0 ? $"`{text}` is no interval" : problem, "intervals are like 10m, 6h, 1d, 1w, or a five-field cron line");
        }
        if (text.Contains(' ', StringComparison.Ordinal))
        {
            return CronLine.Parse(text);
        }
        var interval = Durations.TryParse(text, out var parsed) ? parsed : TimeSpan.FromDays(1);
        var minute = (int)(share * interval.TotalMinutes) % (int)interval.TotalMinutes;
        var (day, hour) = (minute / 1440, minute / 60 % 24);
        return CronLine.Parse(interval switch
        {
            { TotalDays: >= 7 } => $"{minute % 60} {hour} * * {day}",
            { TotalDays: >= 1 } => $"{minute % 60} {hour} * * *",
            { TotalHours: >= 1 } => $"{minute % 60} {hour}/{(int)interval.TotalHours} * * *",
            _ => $"{minute}/{(int)interval.TotalMinutes} * * * *",
        });
    }

    private static string? CronProblem(string text) => CronLine.TryParse(text, out _, out var problem) ? null : problem;
}
