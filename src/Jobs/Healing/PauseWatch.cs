using HealingWorkers.Jobs.Ledger;
using Npgsql;

namespace HealingWorkers.Jobs.Healing;

/// <summary>Looks for a pause all the while a repair is applied, and cancels it: a pause stops what is under way, not only what is to come.</summary>
internal sealed class PauseWatch : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private readonly CancellationTokenSource _work;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _loop;

    public PauseWatch(Pauses pauses, long target, TimeProvider clock, CancellationToken cancel)
    {
        _work = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        _loop = Task.Run(() => WatchAsync(pauses, target, clock, _end.Token), CancellationToken.None);
    }

    public CancellationToken Token => _work.Token;

    public bool Paused { get; private set; }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        _end.Dispose();
        _work.Dispose();
    }

    private async Task WatchAsync(Pauses pauses, long target, TimeProvider clock, CancellationToken end)
    {
        try
        {
            for (; !(Paused = await IsPausedAsync(pauses, target, end).ConfigureAwait(false));)
            {
                await Task.Delay(Interval, clock, end).ConfigureAwait(false);
            }
            await _work.CancelAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // the repair has been applied
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
