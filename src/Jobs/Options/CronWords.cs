using System.Globalization;

namespace HealingWorkers.Jobs.Options;

/// <summary>A cron line as a person would say it.</summary>
public static class CronWords
{
    private const int MostTimes = 4;
    private static readonly CultureInfo Words = CultureInfo.InvariantCulture;

    public static string Of(CronLine line)
    {
        var time = Time(line);
        var days = Days(line);
        var said = days.Length == 0 ? time : time.StartsWith("at ", StringComparison.Ordinal) ? $"{days} {time}" : $"{time}, {days}";
        if (!line.Month.IsAny)
            said += " in " + List([.. line.Month.Values.Select(m => Words.DateTimeFormat.GetMonthName(m))]);
        return $"{said} ({line.Zone.Id})";
    }

    /// <summary>`at 02:30` goes with days; `every 10 minutes` stands by itself.</summary>
    private static string Time(CronLine line)
    {
        var (minutes, hours) = (Values(line.Minute, 60), Values(line.Hour, 24));
        if (minutes.Count == 60)
            return line.Hour.IsAny ? "every minute" : $"every minute of the hours {List([.. hours.Select(h => h.ToString("00", Words))])}";
        if (minutes.Count > 1)
        {
            var often = Step(minutes, 60) is { } step ? $"every {step} minutes, from minute {minutes[0]} on" : $"at the minutes {List([.. minutes.Select(m => m.ToString(Words))])} of the hour";
            return line.Hour.IsAny ? often : $"{often}, in the hours {List([.. hours.Select(h => h.ToString("00", Words))])}";
        }
        if (line.Hour.IsAny)
            return $"every hour, at minute {minutes[0]}";
        return hours.Count > MostTimes && Step(hours, 24) is { } every ? $"every {every} hours, from {hours[0]:00}:{minutes[0]:00} on"
            : "at " + List([.. hours.Select(h => string.Create(Words, $"{h:00}:{minutes[0]:00}"))]);
    }

    private static string Days(CronLine line)
    {
        if (!line.Weekday.IsAny)
            return "every " + List([.. line.Weekday.Values.Select(d => Words.DateTimeFormat.GetDayName((DayOfWeek)d))]);
        if (!line.Day.IsAny)
            return $"on day {List([.. line.Day.Values.Select(d => d.ToString(Words))])} of the month";
        return Values(line.Minute, 60).Count == 1 && !line.Hour.IsAny && (line.Hour.Values.Count <= MostTimes || Step(line.Hour.Values, 24) is null) ? "every day" : "";
    }

    private static IReadOnlyList<int> Values(CronField field, int all) => field.IsAny ? [.. Enumerable.Range(0, all)] : field.Values;

    /// <summary>The step of a series that goes round evenly; null where it does not.</summary>
    private static int? Step(IReadOnlyList<int> values, int all)
    {
        var step = values[1] - values[0];
        return all % step == 0 && values.Count == all / step && values.Zip(values.Skip(1)).All(p => p.Second - p.First == step) ? step : null;
    }

    private static string List(IReadOnlyList<string> items) => items.Count <= 1 ? string.Concat(items) : $"{string.Join(", ", items.Take(items.Count - 1))} and {items[^1]}";
}
