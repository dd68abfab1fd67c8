using Hangfire;
using HealingWorkers.Jobs.Schedule;

namespace HealingWorkers.Worker.Engine.Hangfire;

/// <summary>Makes Hangfire's job object, which leads to the runner of this process.</summary>
internal sealed class HangfirePort : JobActivator
{
    public JobRunner? Runner { get; set; }

    public override object ActivateJob(Type jobType) =>
        new HangfireDelivery(Runner ?? throw new InvalidOperationException("this process delivers nothing: its engine was not started"));
}
