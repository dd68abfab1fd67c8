namespace HealingWorkers.Jobs.Schedule;

/// <param name="Id">db.health_check:movies: the job and its target.</param>
/// <param name="Cron">A five-field cron line; each adapter translates it.</param>
public sealed record RecurringJob(string Id, string Job, string? Target, string Cron, string TimeZone);
