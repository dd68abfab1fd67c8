namespace HealingWorkers.Jobs.Schedule;

internal enum StopReason { None, Cancelled, Stopping, TakenOver }

/// <summary>A run that this process executes now.</summary>
internal sealed class RunInHand(JobRun run, TimeProvider clock, CancellationToken cancel) : IDisposable
{
    private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
    private readonly Lock _gate = new();
    private bool _gone;
    private volatile StopReason _reason;

    public long Id => run.Id;
    public long Token => run.Token;
    public CancellationToken Cancel => _stop.Token;
    public StopReason Reason => _reason;
    public RunLog Log { get; } = new(clock);

    /// <summary>Asks it to stop; that it was taken over is the strongest reason and stays.</summary>
    public void Stop(StopReason reason)
    {
        lock (_gate)
        {
            if (_gone || _reason >= reason)
            {
                return;
            }
            _reason = reason;
        }
        _ = Task.Run(CancelQuietly, CancellationToken.None);
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _gone = true;
        }
        _stop.Dispose();
    }

    private void CancelQuietly()
    {
        try
        {
            _stop.Cancel();
        }
        catch (Exception e) when (e is ObjectDisposedException or AggregateException)
        {
            Log.Add("while stopping: " + e.Message);
        }
    }
}
