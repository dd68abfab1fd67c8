using HealingWorkers.Jobs.Ledger;
using Npgsql;

namespace HealingWorkers.Jobs.Healing;

/// <summary>Looks all the while an attempt works, from its snapshot to its proof, whether it may go on, and cancels it: a pause, or the end of its window, stops what is under way.</summary>
internal sealed class RepairWatch : IAsyncDisposable
{
    public const string WindowEnded = "the maintenance window ended";
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private readonly CancellationTokenSource _work;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _loop;

    public RepairWatch(Pauses pauses, long target, DateTimeOffset? until, TimeProvider clock, CancellationToken cancel)
    {
        _work = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        _loop = Task.Run(() => WatchAsync(pauses, target, until, clock, _end.Token), CancellationToken.None);
    }

    public CancellationToken Token => _work.Token;

    /// <summary>Why it was stopped; null when it was not.</summary>
    public string? Why { get; private set; }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        _end.Dispose();
        _work.Dispose();
    }

    private async Task WatchAsync(Pauses pauses, long target, DateTimeOffset? until, TimeProvider clock, CancellationToken end)
    {
        try
        {
            while (true)
            {
                Why = until <= clock.GetUtcNow() ? WindowEnded : await IsPausedAsync(pauses, target, end).ConfigureAwait(false) ? "repairs were paused" : null;
                if (Why is not null)
                {
                    await _work.CancelAsync().ConfigureAwait(false);
                    return;
                }
                await Task.Delay(Interval, clock, end).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // the work is over
        }
    }

    /// <summary>A ledger that is away says nothing of a pause; the lease sees to what follows from that.</summary>
    private static async Task<bool> IsPausedAsync(Pauses pauses, long target, CancellationToken end)
    {
        try
        {
            return await pauses.IsPausedAsync(target, end).ConfigureAwait(false);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            return false;
        }
    }
}
