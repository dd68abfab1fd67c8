using HealingWorkers.Jobs.Schedule;

namespace HealingWorkers.Worker.Engine.Quartz;

/// <summary>Where Quartz's jobs find the runner, which comes into being after the scheduler.</summary>
internal sealed class QuartzPort
{
    public JobRunner? Runner { get; set; }

    public JobRunner Required => Runner ?? throw new InvalidOperationException("this process delivers nothing: its engine was not started");
}
