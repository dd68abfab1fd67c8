using Hangfire;
using Hangfire.Common;
using Hangfire.Server;
using HealingWorkers.Jobs.Schedule;
using RecurringJob = HealingWorkers.Jobs.Schedule.RecurringJob;

namespace HealingWorkers.Worker.Engine.Hangfire;

/// <summary>What came due. Type and method names are kept in the store: do not rename them. The ledger decides on another try, never Hangfire.</summary>
[AutomaticRetry(Attempts = 0, OnAttemptsExceeded = AttemptsExceededAction.Fail)]
public sealed class HangfireDelivery(JobRunner runner)
{
    /// <summary>So late after its time a recurring job is still this time's; later it was triggered by hand.</summary>
    private static readonly TimeSpan Late = TimeSpan.FromSeconds(45);

    [JobDisplayName("run {0}")]
    public Task RunAsync(long run, CancellationToken cancel) => runner.RunAsync(run, cancel);

    [JobDisplayName("{0}")]
    public Task RecurringAsync(string id, string job, string? target, string cron, string zone, PerformContext context, CancellationToken cancel)
    {
        var recurring = new RecurringJob(id, job, target, cron, zone);
        var time = new DateTimeOffset(JobHelper.FromTimestamp(context.GetJobParameter<long>("Time")), TimeSpan.Zero);
        var slot = recurring.Line.Last(time);
        return runner.RunRecurringAsync(recurring, time - slot <= Late ? slot : null, cancel);
    }
}
