using Npgsql;

namespace HealingWorkers.Jobs.Incidents;

/// <summary>Renews a lease every sixth of its length; when it is lost, or cannot be renewed in time, everything under it is cancelled at once.</summary>
public sealed class LeaseKeeper : IAsyncDisposable
{
    private readonly LeaseLedger _leases;
    private readonly TimeSpan _length;
    private readonly TimeProvider _clock;
    private readonly CancellationTokenSource _work;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _loop;

    public LeaseKeeper(LeaseLedger leases, Lease lease, TimeSpan length, TimeProvider clock, CancellationToken cancel)
    {
        (_leases, Lease, _length, _clock) = (leases, lease, length, clock);
        _work = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        _loop = Task.Run(() => RenewAsync(_end.Token), CancellationToken.None);
    }

    public Lease Lease { get; }

    /// <summary>Cancelled when the lease is lost or the caller wants to stop.</summary>
    public CancellationToken Token => _work.Token;

    public bool Lost { get; private set; }

    /// <summary>Does work under a lease and gives it back afterwards.</summary>
    /// <param name="lost">What is thrown when the lease was lost on the way; it is not given back then, for it is somebody else's.</param>
    public static async Task<T> HoldAsync<T>(LeaseLedger leases, Lease lease, TimeSpan length, TimeProvider clock, Func<CancellationToken, Task<T>> work, Func<Exception, Exception> lost, CancellationToken cancel)
    {
        var keeper = new LeaseKeeper(leases, lease, length, clock, cancel);
        try
        {
            return await work(keeper.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (keeper.Lost && !cancel.IsCancellationRequested)
        {
            throw lost(e);
        }
        finally
        {
            await keeper.DisposeAsync().ConfigureAwait(false);
            if (!keeper.Lost)
            {
                await leases.ReleaseAsync(lease, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        _end.Dispose();
        _work.Dispose();
    }

    private async Task RenewAsync(CancellationToken end)
    {
        var renewed = _clock.GetTimestamp();
        try
        {
            while (true)
            {
                await Task.Delay(_length / 6, _clock, end).ConfigureAwait(false);
                var asked = _clock.GetTimestamp();
                // a machine that slept, or a process that was frozen, wakes up here: nothing is to be believed then
                var held = _clock.GetElapsedTime(renewed) < _length * 2 / 3 ? await HeldAsync(end).ConfigureAwait(false) : false;
                if (held == false)
                {
                    Lost = true;
                    await _work.CancelAsync().ConfigureAwait(false);
                    return;
                }
                renewed = held == true ? asked : renewed;
            }
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // the work is done
        }
    }

    /// <summary>Null when the ledger did not answer.</summary>
    private async Task<bool?> HeldAsync(CancellationToken end)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(end);
        limit.CancelAfter(_length / 6);
        try
        {
            return await _leases.RenewAsync(Lease, _length, limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when ((e is NpgsqlException or TimeoutException or OperationCanceledException) && !end.IsCancellationRequested)
        {
            return null;
        }
    }
}
