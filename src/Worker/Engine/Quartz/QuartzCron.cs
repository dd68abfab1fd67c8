using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Schedule;
using Quartz;

namespace HealingWorkers.Worker.Engine.Quartz;

/// <summary>Our five-field cron lines in Quartz's spelling: seconds first, Sunday is 1, and one of the two day fields is `?`.</summary>
internal static class QuartzCron
{
    public static readonly JobKey Job = new("recurring", "recurring");

    public static string Of(CronLine line)
    {
        var weekdays = line.Weekday.IsAny ? "?" : string.Join(',', line.Weekday.Values.Select(d => d + 1));
        var days = line.Weekday.IsAny ? line.Day.ToString() : "?";
        return $"0 {line.Minute} {line.Hour} {days} {line.Month} {weekdays}";
    }

    public static ITrigger Trigger(RecurringJob job, string group, TimeProvider clock) => TriggerBuilder.Create(clock)
        .WithIdentity(job.Id, group)
        .ForJob(Job)
        .UsingJobData("id", job.Id)
        .UsingJobData("job", job.Job)
        .UsingJobData("target", job.Target ?? "")
        .UsingJobData("cron", job.Cron)
        .UsingJobData("zone", job.TimeZone)
        // What is missed is made up for by the ledger, once in the fleet.
        .WithSchedule(CronScheduleBuilder.Create(Of(job.Line)).InTimeZone(job.Line.Zone).WithMisfireInstruction(CronTriggerMisfireInstruction.DoNothing))
        .Build();

    public static bool Says(ITrigger known, RecurringJob job) =>
        known.JobDataMap.TryGetValue("cron", out var cron) && Equals(cron, job.Cron)
        && known.JobDataMap.TryGetValue("zone", out var zone) && Equals(zone, job.TimeZone)
        && known.JobDataMap.TryGetValue("job", out var name) && Equals(name, job.Job);
}
