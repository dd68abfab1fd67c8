using HealingWorkers.Jobs.Options;

namespace HealingWorkers.Jobs.Schedule;

/// <param name="Id">db.health_check:movies: the job and its target.</param>
/// <param name="Cron">A five-field cron line; each adapter translates it.</param>
public sealed record RecurringJob(string Id, string Job, string? Target, string Cron, string TimeZone)
{
    public CronLine Line => CronLine.Parse($"{Cron} {TimeZone}");

    /// <summary>How long it is from one due time to the next, around an instant.</summary>
    public TimeSpan IntervalAt(DateTimeOffset now) =>
        Line.Next(now) is { } next && Line.Next(next) is { } after ? after - next : TimeSpan.FromDays(7);
}
