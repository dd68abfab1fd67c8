using HealingWorkers.Jobs.Schedule;
using Quartz;

namespace HealingWorkers.Worker.Engine.Quartz;

/// <summary>A recurring job came due. Its type name is kept in the store: do not rename it.</summary>
internal sealed class QuartzRecurring(QuartzPort port) : global::Quartz.IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        var data = context.MergedJobDataMap;
        var job = new RecurringJob((string)data["id"]!, (string)data["job"]!, data["target"] is string { Length: > 0 } target ? target : null, (string)data["cron"]!, (string)data["zone"]!);
        // A node that was frozen can fire an old time again: the ledger knows the times by the cron line, and takes each once.
        var slot = job.Line.Last(context.ScheduledFireTimeUtc ?? context.FireTimeUtc);
        await port.Required.RunRecurringAsync(job, slot, cancellationToken).ConfigureAwait(false);
    }
}
