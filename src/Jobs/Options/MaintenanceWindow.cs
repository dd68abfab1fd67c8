using System.Globalization;
using System.Text.RegularExpressions;
using HealingWorkers.Jobs.Errors;

namespace HealingWorkers.Jobs.Options;

/// <summary>A weekly (or, without days, daily) span of wall-clock time in a zone: "Sun 02:00-04:00 Europe/Vienna". It may pass midnight.</summary>
public sealed partial class MaintenanceWindow
{
    private static readonly string[] DayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
    private readonly HashSet<DayOfWeek> _days;
    private readonly TimeSpan _from;
    private readonly TimeSpan _length;
    private readonly TimeZoneInfo _zone;

    private MaintenanceWindow(HashSet<DayOfWeek> days, TimeSpan from, TimeSpan length, TimeZoneInfo zone) => (_days, _from, _length, _zone) = (days, from, length, zone);

    /// <summary>Null for an empty text.</summary>
    public static MaintenanceWindow? Parse(string text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return null;
        }
        if (Pattern().Match(text.Trim()) is not { Success: true } match
            || !TimeSpan.TryParseExact(match.Groups["from"].Value, @"hh\:mm", CultureInfo.InvariantCulture, out var from)
            || !TimeSpan.TryParseExact(match.Groups["to"].Value, @"hh\:mm", CultureInfo.InvariantCulture, out var to)
            || Zone(match.Groups["zone"].Value) is not { } zone)
        {
            throw new HealingException($"`{text}` is not a maintenance window", "Write it like \"Sun 02:00-04:00 Europe/Vienna\", with days like Sat,Sun or none for every day.");
        }
        var names = match.Groups["days"].Value.ToLowerInvariant().Split(',', StringSplitOptions.RemoveEmptyEntries);
        var days = names.Length == 0 ? Enum.GetValues<DayOfWeek>() : names.Select(d => (DayOfWeek)Array.IndexOf(DayNames, d));
        return new([.. days], from, to > from ? to - from : to - from + TimeSpan.FromDays(1), zone);
    }

    public bool Contains(DateTimeOffset now) => EndOf(now) is not null;

    /// <summary>When the window ends that is open now; null when none is.</summary>
    public DateTimeOffset? EndOf(DateTimeOffset now) =>
        Starts(now.AddDays(-2), now).Select(start => start + _length).Where(end => now < end).Select(end => (DateTimeOffset?)end).Max();

    public DateTimeOffset NextStart(DateTimeOffset now) => Starts(now, now.AddDays(9)).First(start => start > now);

    /// <summary>How many windows have wholly passed in between.</summary>
    public int Missed(DateTimeOffset since, DateTimeOffset now) => Starts(since, now).Count(start => start >= since && start + _length <= now);

    private IEnumerable<DateTimeOffset> Starts(DateTimeOffset from, DateTimeOffset to)
    {
        var last = TimeZoneInfo.ConvertTime(to, _zone).Date;
        for (var day = TimeZoneInfo.ConvertTime(from, _zone).Date; day <= last; day = day.AddDays(1))
        {
            var local = day + _from;
            // a wall-clock time that a change to summer time leaves out comes an hour later
            local = _zone.IsInvalidTime(local) ? local.AddHours(1) : local;
            var start = new DateTimeOffset(local, _zone.GetUtcOffset(local));
            if (_days.Contains(day.DayOfWeek) && start <= to)
            {
                yield return start;
            }
        }
    }

    private static TimeZoneInfo? Zone(string name) =>
        name.Length == 0 ? TimeZoneInfo.Utc : TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) ? zone : null;

    [GeneratedRegex(@"^((?<days>(sun|mon|tue|wed|thu|fri|sat)(,(sun|mon|tue|wed|thu|fri|sat))*)\s+)?(?<from>\d\d:\d\d)-(?<to>\d\d:\d\d)(\s+(?<zone>\S+))?$",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Pattern();
}
