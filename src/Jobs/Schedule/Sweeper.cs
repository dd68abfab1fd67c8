using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using Microsoft.Extensions.Logging;

namespace HealingWorkers.Jobs.Schedule;

/// <summary>
/// What keeps anything from being lost, in every worker: delivers again what the engine did not, asks for due repairs,
/// makes up for missed times, tidies up. An outage of the ledger only makes it wait.
/// </summary>
public sealed class Sweeper(SweeperParts parts, TimeProvider clock, ILogger<Sweeper> logger) : IDisposable
{
    private const int MostRuns = 200;
    private const int MostIncidents = 50;
    private static readonly TimeSpan MakeUpEvery = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan TidyEvery = TimeSpan.FromHours(1);

    private readonly SemaphoreSlim _asked = new(0, 1);
    private long _madeUp;
    private long _tidied;
    private bool _started;
    private bool _resting;

    /// <summary>Somebody asked for a run: look at once.</summary>
    public void Ask()
    {
        try
        {
            _asked.Release();
        }
        catch (SemaphoreFullException)
        {
            // it looks soon anyway
        }
    }

    public void Dispose() => _asked.Dispose();

    public async Task RunAsync(CancellationToken cancel)
    {
        var outage = new OutageLog(logger, clock, "The sweeper cannot work");
        while (!cancel.IsCancellationRequested)
        {
            var pause = parts.Every;
            try
            {
                await SweepAsync(cancel).ConfigureAwait(false);
                outage.Over();
            }
            catch (Exception e) when (!cancel.IsCancellationRequested)
            {
                pause = outage.Failed(e);
            }
            try
            {
                await _asked.WaitAsync(pause, cancel).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <summary>Once through everything.</summary>
    public async Task SweepAsync(CancellationToken cancel)
    {
        if (!await parts.Registry.HeartbeatAsync(parts.Worker.Id, cancel).ConfigureAwait(false))
        {
            await parts.Registry.RegisterAsync(parts.Worker, cancel).ConfigureAwait(false);
        }
        await RestAsync(cancel).ConfigureAwait(false);
        await DeliverAsync(cancel).ConfigureAwait(false);
        foreach (var incident in await parts.Repairs.DueAsync(MostIncidents, cancel).ConfigureAwait(false))
        {
            await parts.Repairs.AskAsync(incident, parts.Worker.Id, TimeSpan.Zero, cancel).ConfigureAwait(false);
        }
        if (!_started || clock.GetElapsedTime(_madeUp) >= MakeUpEvery)
        {
            await parts.MissedTimes.MakeUpAsync(atStart: !_started, cancel).ConfigureAwait(false);
            (_started, _madeUp) = (true, clock.GetTimestamp());
        }
        if (parts.Tidy is { } tidy && (_tidied == 0 || clock.GetElapsedTime(_tidied) >= TidyEvery))
        {
            _tidied = clock.GetTimestamp();
            await tidy(cancel).ConfigureAwait(false);
        }
    }

    /// <summary>Does as the ledger says of this worker: takes nothing new, or works again.</summary>
    private async Task RestAsync(CancellationToken cancel)
    {
        var drained = await parts.Drains.IsDrainedAsync(parts.Worker.Id, cancel).ConfigureAwait(false);
        if (drained == _resting)
        {
            return;
        }
        await parts.Engine.RestAsync(drained, cancel).ConfigureAwait(false);
        _resting = drained;
        logger.LogInformation("{What}", drained ? "Drained: nothing new is taken, what runs goes on" : "Not drained any more: work is taken again");
    }

    private async Task DeliverAsync(CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var any = false;
        foreach (var run in await parts.Jobs.StrandedAsync(parts.Grace, MostRuns, cancel, parts.LaneWidth).ConfigureAwait(false))
        {
            // The same time from every worker, so that the engine sees one delivery and not one from each.
            var window = now.AddTicks(-(now.Ticks % parts.Again.Ticks));
            var fresh = run.State == "pending" && run.DueAt > window;
            await parts.Engine.DeliverAsync(run.Id, run.Key, fresh ? run.DueAt : window, cancel).ConfigureAwait(false);
            any = true;
        }
        if (any)
        {
            await parts.Engine.WakeAsync(cancel).ConfigureAwait(false);
        }
    }
}

/// <summary>What a sweeper works with.</summary>
public sealed record SweeperParts(WorkerProcess Worker, JobLedger Jobs, WorkerRegistry Registry, IJobEngine Engine, RepairRequests Repairs, MissedTimes MissedTimes, Drains Drains)
{
    public TimeSpan Every { get; init; } = TimeSpan.FromSeconds(5);

    public int LaneWidth { get; init; }

    /// <summary>How late a run must be before the engine is thought to have lost it.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a repeated delivery is given before there is another.</summary>
    public TimeSpan Again { get; init; } = TimeSpan.FromSeconds(10);

    public Func<CancellationToken, Task>? Tidy { get; init; }
}
