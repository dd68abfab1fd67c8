namespace HealingWorkers.Jobs.Schedule;

/// <summary>Takes a delivery of the engine, asks the job ledger whether it may run, runs it under a heartbeat, and writes how it ended.</summary>
public sealed class JobRunner
{
    /// <summary>A one-off run of the job ledger was delivered.</summary>
    public Task RunAsync(long run, CancellationToken cancel) => throw new NotSupportedException();

    /// <summary>A recurring job came due; the slot makes it once in the fleet.</summary>
    public Task RunRecurringAsync(RecurringJob job, DateTimeOffset slot, CancellationToken cancel) => throw new NotSupportedException();
}
