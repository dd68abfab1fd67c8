using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Telemetry;
using Microsoft.Extensions.Logging;

namespace HealingWorkers.Jobs.Schedule;

/// <summary>Takes a delivery of the engine, asks the job ledger whether it may run, runs it under a heartbeat, and writes how it ended.</summary>
public sealed class JobRunner(JobLedger ledger, IJobEngine engine, IEnumerable<IJob> jobs, RunnerSettings settings, PoisonedRuns poisoned, TimeProvider clock, ILogger<JobRunner> logger, FaultInjector? faults = null)
{
    /// <summary>So often a run is put off when a database went away under it, before it counts as failed.</summary>
    private const int MostOutages = 5;

    /// <summary>However often it was put off for other reasons, so long a run outlasts outages.</summary>
    private static readonly TimeSpan OutagesFor = TimeSpan.FromMinutes(10);

    /// <summary>So often because what it works under was taken from it.</summary>
    private const int MostFences = 100;

    private static readonly TimeSpan AfterFence = TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, IJob> _jobs = jobs.ToDictionary(j => j.Name, StringComparer.Ordinal);
    private readonly ConcurrentDictionary<long, RunInHand> _running = new();
    private volatile bool _leaving;

    // A process may come again under its predecessor's id (a container, whose pid is always 1): it must not keep its runs alive.
    private readonly string _holder = $"{settings.Worker}/{Guid.NewGuid().ToString("N")[..6]}";

    public int Running => _running.Count;

    /// <summary>A one-off run of the job ledger was delivered. In a lane, those that wait are taken up one after the other.</summary>
    public async Task RunAsync(long run, CancellationToken cancel)
    {
        for (long? next = run; next is { } id;)
        {
            next = await RunOneAsync(id, cancel).ConfigureAwait(false) is { } ended && settings.LaneWidth > 0 && !_leaving && !cancel.IsCancellationRequested && JobNames.InLanes.Contains(ended.Job)
                ? await ledger.NextInLaneAsync(ended, cancel).ConfigureAwait(false)
                : null;
        }
    }

    /// <summary>Null when it was not for us.</summary>
    private async Task<JobRun?> RunOneAsync(long run, CancellationToken cancel)
    {
        var claim = await ledger.ClaimAsync(run, _holder, settings.Lease, cancel, settings.LaneWidth).ConfigureAwait(false);
        if (claim.Poisoned is { } dead)
        {
            logger.LogError("Job {Key} (run {Run}) killed its process {Times} times and is not run again", dead.Key, dead.Id, JobLedger.MostExecutions);
            await poisoned.GiveUpAsync(dead, settings.Worker, cancel).ConfigureAwait(false);
        }
        else if (claim.Run is { } mine)
        {
            Hit(mine, FaultPoint.RunClaimed, FaultPoint.CheckClaimed);
            await HoldAsync(mine, cancel).ConfigureAwait(false);
        }
        return claim.Run;
    }

    /// <summary>A recurring job came due; the slot makes it once in the fleet. Without one it was asked for by hand.</summary>
    public async Task RunRecurringAsync(RecurringJob job, DateTimeOffset? slot, CancellationToken cancel)
    {
        var request = new JobRequest(job.Id, job.Job, job.Target, [], slot is null ? "engine" : "schedule") { RecurringId = job.Id, Slot = slot };
        if (await ledger.RequestAsync(request, cancel).ConfigureAwait(false) is { } run)
        {
            await RunAsync(run.Id, cancel).ConfigureAwait(false);
        }
        else
        {
            logger.LogDebug("{Job} is not started again: it runs still, or this time of it was taken", job.Id);
        }
    }

    /// <summary>Renews the leases of what runs here until cancelled; a run that has passed to somebody else, or is to be cancelled, is told.</summary>
    public async Task BeatAsync(CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(settings.Heartbeat, clock);
        var away = false;
        while (await timer.WaitForNextTickAsync(cancel).ConfigureAwait(false))
        {
            if (_running.IsEmpty)
            {
                continue;
            }
            try
            {
                await BeatOnceAsync(cancel).ConfigureAwait(false);
                if (away)
                {
                    logger.LogInformation("The heartbeat reaches the ledger again");
                }
                away = false;
            }
            catch (Exception e) when (e is not OperationCanceledException || !cancel.IsCancellationRequested)
            {
                if (!away)
                {
                    logger.LogWarning("The heartbeat does not reach the ledger: {Reason}", Options.Redactor.Text(e.Message));
                }
                away = true;
            }
        }
    }

    /// <summary>The process is to end: what runs may finish, and nothing is taken up after it.</summary>
    public void Leave() => _leaving = true;

    /// <summary>The process ends: what runs is interrupted and put back, to be taken up by another one at once.</summary>
    public void Interrupt()
    {
        foreach (var run in _running.Values)
        {
            run.Stop(StopReason.Stopping);
        }
    }

    private async Task BeatOnceAsync(CancellationToken cancel)
    {
        var before = _running.Values.ToList();
        var pulses = (await ledger.HeartbeatAsync(_holder, settings.Lease, cancel).ConfigureAwait(false)).ToDictionary(p => p.Run);
        foreach (var run in before)
        {
            if (!pulses.TryGetValue(run.Id, out var pulse) || pulse.Token != run.Token)
            {
                run.Stop(StopReason.TakenOver);
            }
            else if (pulse.CancelAsked)
            {
                run.Stop(StopReason.Cancelled);
            }
        }
    }

    private async Task HoldAsync(JobRun run, CancellationToken cancel)
    {
        using var hand = new RunInHand(run, clock, cancel);
        // The same run twice in one process: the later claim has the token, the earlier one is told to stop.
        if (_running.TryGetValue(run.Id, out var earlier))
        {
            earlier.Stop(StopReason.TakenOver);
        }
        _running[run.Id] = hand;
        var began = clock.GetTimestamp();
        JobSignals.Started(run.Job);
        var outcome = "failed";
        using var activity = TraceParent.Start($"job {run.Job}", run.TraceParent, ActivityKind.Consumer);
        activity?.SetTag("healing.job", run.Job).SetTag("healing.key", run.Key).SetTag("healing.execution", run.Executions);
        try
        {
            outcome = await ExecuteAsync(run, hand).ConfigureAwait(false);
        }
        finally
        {
            _running.TryRemove(new KeyValuePair<long, RunInHand>(run.Id, hand));
            JobSignals.Ended(run.Job, run.Target, outcome, clock.GetElapsedTime(began));
            activity?.SetTag("healing.outcome", outcome);
            activity?.SetStatus(outcome == "failed" ? ActivityStatusCode.Error : ActivityStatusCode.Ok);
        }
    }

    private async Task<string> ExecuteAsync(JobRun run, RunInHand hand)
    {
        try
        {
            if (!_jobs.TryGetValue(run.Job, out var job))
            {
                return await EndAsync(run, hand, "failed", null, $"this version knows no job {run.Job}").ConfigureAwait(false);
            }
            var arguments = JsonNode.Parse(run.Arguments) as JsonObject ?? [];
            var outcome = await job.RunAsync(
                new JobContext(run.Id, run.Key, run.Target, arguments, run.Executions, run.Token, hand.Log.Add) { Deferrals = run.Deferrals }, hand.Cancel).ConfigureAwait(false);
            return hand.Reason == StopReason.TakenOver ? Fenced(run)
                : outcome.DeferFor is { } delay ? await DeferAsync(run, hand, delay, outcome.Note ?? "").ConfigureAwait(false)
                : await EndAsync(run, hand, "succeeded", outcome.Note, null).ConfigureAwait(false);
        }
        catch (Exception) when (hand.Reason == StopReason.TakenOver)
        {
            return Fenced(run);
        }
        catch (FencedException e) when (run.Deferrals < MostFences)
        {
            // the run is ours still: what it is for may be in another's hands, or in nobody's, where a machine stood still for longer than a lease
            return await DeferAsync(run, hand, AfterFence, e.Message).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (hand.Reason == StopReason.Cancelled)
        {
            return await EndAsync(run, hand, "cancelled", null, null).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (hand.Cancel.IsCancellationRequested)
        {
            return await DeferAsync(run, hand, TimeSpan.Zero, "its process stopped").ConfigureAwait(false);
        }
        catch (Exception e) when (Errors.Passing.Is(e) && (run.Deferrals < MostOutages || clock.GetUtcNow() - run.CreatedAt < OutagesFor))
        {
            return await DeferAsync(run, hand, TimeSpan.FromSeconds(10 << Math.Min(run.Deferrals, MostOutages - 1)), "a database was away: " + Options.Redactor.Text(e.Message)).ConfigureAwait(false);
        }
        catch (Exception caught)
        {
            var e = Ledger.MissingTable.Explain(caught) ?? caught;
            logger.LogError("Job {Key} (run {Run}) failed: {Error}", run.Key, run.Id, Options.Redactor.Text(e.ToString()));
            return await EndAsync(run, hand, "failed", null, Options.Redactor.Text(e is Errors.HealingException h ? $"{h.Message} ({h.Hint})" : e.ToString())).ConfigureAwait(false);
        }
    }

    private string Fenced(JobRun run)
    {
        logger.LogWarning("Job {Key} (run {Run}) was taken over by another process and stopped here", run.Key, run.Id);
        return "fenced";
    }

    private async Task<string> EndAsync(JobRun run, RunInHand hand, string state, string? note, string? error)
    {
        Hit(run, FaultPoint.BeforeRunEnded, FaultPoint.BeforeCheckEnded);
        var written = await LedgerPatience.WriteAsync(clock, logger, $"the end of job {run.Key}",
            cancel => ledger.EndAsync(run.Id, run.Token, state, note, error, hand.Log.ToString(), cancel), settings.Patience).ConfigureAwait(false);
        if (!written)
        {
            logger.LogWarning("Job {Key} (run {Run}) ended as {State}, but it had passed to another process: its end is refused", run.Key, run.Id, state);
            return "fenced";
        }
        Hit(run, FaultPoint.RunEnded, FaultPoint.CheckEnded);
        return state;
    }

    private void Hit(JobRun run, FaultPoint ofRepair, FaultPoint ofCheck) => faults?.Hit(run.Job == JobNames.Repair ? ofRepair : ofCheck);

    private async Task<string> DeferAsync(JobRun run, RunInHand hand, TimeSpan delay, string why)
    {
        hand.Log.Add($"put off by {delay}: {why}");
        if (await LedgerPatience.WriteAsync(clock, logger, $"the deferral of job {run.Key}",
            cancel => ledger.DeferAsync(run.Id, run.Token, delay, why, cancel), settings.Patience).ConfigureAwait(false))
        {
            faults?.Hit(FaultPoint.RunDeferred);
            try
            {
                await engine.DeliverAsync(run.Id, run.Key, clock.GetUtcNow() + delay, CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                logger.LogInformation("Job {Key} was put off, but not handed to the engine; the sweeper will: {Reason}", run.Key, Options.Redactor.Text(e.Message));
            }
        }
        return "deferred";
    }
}
