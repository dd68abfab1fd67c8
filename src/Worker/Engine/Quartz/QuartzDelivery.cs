using System.Globalization;
using Quartz;

namespace HealingWorkers.Worker.Engine.Quartz;

/// <summary>A run of the job ledger came due. Its type name is kept in the store: do not rename it.</summary>
internal sealed class QuartzDelivery(QuartzPort port) : IJob
{
    public const string RunKey = "run";

    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        var run = long.Parse((string)context.MergedJobDataMap[RunKey]!, CultureInfo.InvariantCulture);
        await port.Required.RunAsync(run, cancellationToken).ConfigureAwait(false);
    }
}
