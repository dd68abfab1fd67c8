using System.Collections.Concurrent;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using Microsoft.Extensions.Logging;

namespace HealingWorkers.Jobs.Alerts;

/// <summary>Makes alerts of what happens and sends what is queued. Any worker may; each sink has one sender at a time, and none waits for another.</summary>
public sealed class AlertDelivery
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan BoundEvery = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LedgerAway = TimeSpan.FromSeconds(10);

    private readonly AlertTools _tools;
    private readonly AlertEvents _events;
    private readonly IReadOnlyList<IAlertSink> _sinks;
    private readonly string _worker;
    private readonly ConcurrentDictionary<string, Task> _running = new(StringComparer.Ordinal);
    private long _bounded;

    public AlertDelivery(HealingOptions options, LedgerDb db, IReadOnlyList<IAlertSink> sinks, string worker, TimeProvider clock, ILogger<AlertDelivery> log)
    {
        var outbox = new AlertOutbox(db);
        var queue = new AlertQueue(outbox, options, clock);
        _tools = new AlertTools(options, outbox, new AlertSinkLedger(db), new IncidentLedger(db), queue, new AlertRoutes(options.Alerts), clock, log);
        _events = new AlertEvents(db, queue);
        (_sinks, _worker) = (sinks, worker);
    }

    /// <summary>Once through everything; how many were sent.</summary>
    public async Task<int> RunAsync(CancellationToken cancel)
    {
        await PrepareAsync(cancel).ConfigureAwait(false);
        var sent = await Task.WhenAll((await DueAsync(cancel).ConfigureAwait(false)).Select(sink => new AlertPost(sink, _tools, _worker).RunAsync(cancel))).ConfigureAwait(false);
        return sent.Sum();
    }

    /// <summary>Until cancelled. A sink that hangs holds up only itself.</summary>
    public async Task KeepOnAsync(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            var pause = Every;
            try
            {
                await PrepareAsync(cancel).ConfigureAwait(false);
                foreach (var sink in (await DueAsync(cancel).ConfigureAwait(false)).Where(s => !_running.TryGetValue(s.Name, out var task) || task.IsCompleted))
                {
                    _running[sink.Name] = Task.Run(() => PostAsync(sink, cancel), CancellationToken.None);
                }
            }
            catch (Exception e) when (!cancel.IsCancellationRequested)
            {
                _tools.Log.LogDebug("alerts wait for the ledger: {Error}", Redactor.Text(e.Message));
                pause = LedgerAway;
            }
            catch (OperationCanceledException)
            {
                break;
            }
            await Task.Delay(pause, _tools.Clock, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        await Task.WhenAll(_running.Values).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task PostAsync(IAlertSink sink, CancellationToken cancel)
    {
        try
        {
            await new AlertPost(sink, _tools, _worker).RunAsync(cancel).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // stopped; what was in hand is sent by the next
        }
        catch (Exception e)
        {
            _tools.Log.LogDebug("the post of {Sink} ended early: {Error}", sink.Name, Redactor.Text(e.Message));
        }
    }

    private async Task PrepareAsync(CancellationToken cancel)
    {
        while (await _events.TellAsync(cancel).ConfigureAwait(false))
        {
            // there may be more
        }
        if (_bounded == 0 || _tools.Clock.GetElapsedTime(_bounded) >= BoundEvery)
        {
            _bounded = _tools.Clock.GetTimestamp();
            await _tools.Outbox.BoundAsync(_tools.Options.Alerts.Keep, AlertOutbox.MostWaiting, _worker, cancel).ConfigureAwait(false);
        }
    }

    private async Task<IEnumerable<IAlertSink>> DueAsync(CancellationToken cancel)
    {
        var standing = _sinks.OfType<IStandingSink>().Select(s => s.Name).ToList();
        var due = await _tools.Sinks.DueAsync([.. _sinks.Select(s => s.Name)], standing, _tools.Options.Alerts.Resend, cancel).ConfigureAwait(false);
        return _sinks.Where(s => due.Contains(s.Name, StringComparer.Ordinal));
    }
}
