using System.Globalization;
using HealingWorkers.Jobs.Errors;

namespace HealingWorkers.Jobs.Options;

/// <summary>A five-field cron line in a time zone. Each engine is given it in its own spelling; what it means is said here.</summary>
public sealed class CronLine
{
    private const int SearchedDays = 366 * 9;
    private readonly CronField[] _fields;

    private CronLine(CronField[] fields, TimeZoneInfo zone) => (_fields, Zone) = (fields, zone);

    public TimeZoneInfo Zone { get; }

    public CronField Minute => _fields[0];
    public CronField Hour => _fields[1];
    public CronField Day => _fields[2];
    public CronField Month => _fields[3];
    public CronField Weekday => _fields[4];

    public static CronLine Parse(string text) => TryParse(text, out var line, out var problem)
        ? line!
        : throw new HealingException($"`{text}` is no schedule: {problem}", "write `minute hour day month weekday`, as in `30 2 * * SUN Europe/Vienna`");

    public static bool TryParse(string text, out CronLine? line, out string? problem)
    {
        line = null;
        var parts = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var zone = TimeZoneInfo.Utc;
        if (parts.Length == 6 && TimeZoneInfo.TryFindSystemTimeZoneById(parts[5], out var found))
        {
            (zone, parts) = (found, parts[..5]);
        }
        if (parts.Length != 5)
        {
            problem = string.Create(CultureInfo.InvariantCulture, $"a cron line has five fields and may end with a time zone; this has {parts.Length}");
            return false;
        }
        var fields = new CronField[5];
        for (var i = 0; i < 5; i++)
        {
            if (CronField.TryParse(parts[i], CronField.Kinds[i]) is not { } field)
            {
                problem = $"`{parts[i]}` cannot be the {CronField.Kinds[i].Name}";
                return false;
            }
            fields[i] = field;
        }
        line = new CronLine(fields, zone);
        problem = !fields[2].IsAny && !fields[4].IsAny
            ? "a day of the month and a day of the week together mean different things to different schedulers; give one and leave the other `*`"
            : line.Next(DateTimeOffset.UnixEpoch) is null ? "that day never comes" : null;
        return problem is null;
    }

    /// <summary>The first due time after an instant. A time that the clocks skip comes when they have; one that they repeat comes once, unless every hour is meant.</summary>
    public DateTimeOffset? Next(DateTimeOffset after)
    {
        var day = TimeZoneInfo.ConvertTime(after, Zone).Date;
        for (var i = 0; i < SearchedDays; i++, day = day.AddDays(1))
        {
            if (IsDay(day) && On(day).Where(at => at > after).Order().Select(at => (DateTimeOffset?)at).FirstOrDefault() is { } next)
            {
                return next;
            }
        }
        return null;
    }

    /// <summary>The last due time at or before an instant.</summary>
    public DateTimeOffset? Last(DateTimeOffset until)
    {
        var day = TimeZoneInfo.ConvertTime(until, Zone).Date;
        for (var i = 0; i < SearchedDays; i++, day = day.AddDays(-1))
        {
            if (IsDay(day) && On(day).Where(at => at <= until).OrderDescending().Select(at => (DateTimeOffset?)at).FirstOrDefault() is { } last)
            {
                return last;
            }
        }
        return null;
    }

    /// <summary>Five fields in plain numbers, without the time zone.</summary>
    public override string ToString() => string.Join(' ', _fields.Select(f => f.ToString()));

    private bool IsDay(DateTime day) =>
        Month.Has(day.Month) && Day.Has(day.Day) && Weekday.Has((int)day.DayOfWeek);

    private IEnumerable<DateTimeOffset> On(DateTime day)
    {
        foreach (var hour in Hour.Values)
        {
            foreach (var minute in Minute.Values)
            {
                var local = day.AddHours(hour).AddMinutes(minute);
                if (Zone.IsInvalidTime(local))
                {
                    if (!Hour.IsAny)
                    {
                        yield return new DateTimeOffset(local, Zone.GetUtcOffset(local.AddDays(-1))).ToUniversalTime();
                    }
                }
                else if (Zone.IsAmbiguousTime(local))
                {
                    var offsets = Zone.GetAmbiguousTimeOffsets(local);
                    yield return new DateTimeOffset(local, offsets.Max()).ToUniversalTime();
                    if (Hour.IsAny)
                    {
                        yield return new DateTimeOffset(local, offsets.Min()).ToUniversalTime();
                    }
                }
                else
                {
                    yield return new DateTimeOffset(local, Zone.GetUtcOffset(local)).ToUniversalTime();
                }
            }
        }
    }
}
