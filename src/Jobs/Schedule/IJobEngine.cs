namespace HealingWorkers.Jobs.Schedule;

/// <summary>
/// The port to the job engine. An engine delivers, at least once and perhaps twice at a time;
/// the job ledger decides what runs (see <see cref="JobRunner"/>).
/// </summary>
public interface IJobEngine : IAsyncDisposable
{
    /// <summary>quartz | hangfire; a ledger belongs to one of them.</summary>
    string Name { get; }

    /// <summary>Begins to hand what comes due to the runner. What is delivered before waits in the store.</summary>
    Task StartAsync(JobRunner runner, CancellationToken cancel);

    /// <summary>Takes nothing new, waits for what runs until <paramref name="cancel"/>.</summary>
    Task StopAsync(CancellationToken cancel);

    /// <summary>Takes nothing that comes due until told otherwise, so that other processes take it; what runs goes on. The ledger refuses a drained worker's claims in any case.</summary>
    Task RestAsync(bool resting, CancellationToken cancel);

    /// <summary>Has the run of the job ledger delivered to some process at or after its time, soon. Delivering one twice is allowed.</summary>
    Task DeliverAsync(long run, string key, DateTimeOffset due, CancellationToken cancel);

    /// <summary>Takes back a delivery that has not begun.</summary>
    Task WithdrawAsync(long run, string key, CancellationToken cancel);

    /// <summary>Makes the engine's recurring jobs exactly these.</summary>
    Task ReplaceRecurringAsync(IReadOnlyList<RecurringJob> jobs, CancellationToken cancel);

    /// <summary>The engine's recurring jobs with their next times, as the engine sees them.</summary>
    Task<IReadOnlyList<RecurringState>> RecurringAsync(CancellationToken cancel);

    /// <summary>Tells the other processes that there is something to do now.</summary>
    Task WakeAsync(CancellationToken cancel);
}

public sealed record RecurringState(string Id, DateTimeOffset? Next, DateTimeOffset? Previous);
