using System.Text.Json;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using Microsoft.Extensions.Logging;

namespace HealingWorkers.Jobs.Alerts;

/// <summary>The post of one sink: one sender in the fleet at a time, in order, until the sink fails or nothing is left.</summary>
internal sealed class AlertPost(IAlertSink sink, AlertTools tools, string worker)
{
    private const int AtOnce = 20;
    private const int PageOfOpen = 1000;
    private static readonly TimeSpan Shift = AlertSinkLedger.Hold / 2;

    /// <summary>How many were sent.</summary>
    public async Task<int> RunAsync(CancellationToken cancel)
    {
        if (await tools.Sinks.HoldAsync(sink.Name, worker, tools.Options.Alerts.Resend, cancel).ConfigureAwait(false) is not { } due)
        {
            return 0;
        }
        var sent = 0;
        try
        {
            var begun = tools.Clock.GetTimestamp();
            while (tools.Clock.GetElapsedTime(begun) < Shift && await tools.Outbox.DueAsync(sink.Name, AtOnce, cancel).ConfigureAwait(false) is { Count: > 0 } queued)
            {
                foreach (var alert in queued)
                {
                    sent += await SendAsync(alert, cancel).ConfigureAwait(false) ? 1 : 0;
                    if (tools.Clock.GetElapsedTime(begun) >= Shift)
                    {
                        break;
                    }
                }
            }
            var standing = due && sink is IStandingSink;
            if (standing)
            {
                await ((IStandingSink)sink).SendOpenAsync(await OpenAsync(cancel).ConfigureAwait(false), cancel).ConfigureAwait(false);
            }
            await tools.Sinks.WorkedAsync(sink.Name, worker, sent > 0 || standing, standing, cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (!cancel.IsCancellationRequested)
        {
            var failures = await tools.Sinks.AwayAsync(sink.Name, worker, Redactor.Text(e.Message), (e as SinkAwayException)?.After, cancel).ConfigureAwait(false);
            // Once for each outage; how it goes on is in the metrics.
            if (failures <= 1)
            {
                tools.Log.LogWarning("alerts are not taken by {Sink}: {Error}. They wait, and it is tried again", sink.Name, Redactor.Text(e.Message));
            }
        }
        return sent;
    }

    private async Task<bool> SendAsync(QueuedAlert queued, CancellationToken cancel)
    {
        try
        {
            await sink.SendAsync(Read(queued), cancel).ConfigureAwait(false);
        }
        catch (AlertRefusedException e)
        {
            var gaveUp = await tools.Outbox.RefusedAsync(queued.Id, Redactor.Text(e.Message), worker, cancel).ConfigureAwait(false);
            tools.Log.LogWarning("alert {Key} was refused by {Sink}{Final}: {Error}", queued.Key, sink.Name, gaveUp ? ", for good" : "", Redactor.Text(e.Message));
            return false;
        }
        catch (Exception e) when (!cancel.IsCancellationRequested)
        {
            await tools.Outbox.FailedAsync(queued.Id, Redactor.Text(e.Message), cancel).ConfigureAwait(false);
            throw;
        }
        await tools.Outbox.DeliveredAsync(queued.Id, cancel).ConfigureAwait(false);
        return true;
    }

    private static Alert Read(QueuedAlert queued)
    {
        try
        {
            return JsonSerializer.Deserialize<Alert>(queued.Payload, LedgerJson.Options) ?? throw new JsonException("nothing is in it");
        }
        catch (JsonException e)
        {
            throw new AlertRefusedException($"its text cannot be read by this version: {e.Message}");
        }
    }

    /// <summary>All of them, however many: what is left out is taken for over.</summary>
    private async Task<IReadOnlyList<Alert>> OpenAsync(CancellationToken cancel)
    {
        var open = new List<Alert>();
        var filter = new IncidentFilter { OpenOnly = true, NotSuppressed = true, Limit = PageOfOpen };
        IReadOnlyList<Incident> page;
        do
        {
            page = await tools.Incidents.ListAsync(filter, cancel).ConfigureAwait(false);
            open.AddRange(page
                .Where(i => tools.Routes.Wants(sink.Name, AlertSeverities.Of(i), i.TargetName, null))
                .Select(i => tools.Queue.Of(i, "opened", "", $"{i.Kind.Name} on {i.Object}: {i.Reason ?? i.Detail}", receiptHead: null)));
            filter = filter with { Before = page.Count > 0 ? page[^1].Id : null };
        }
        while (page.Count == PageOfOpen);
        return open;
    }
}

/// <summary>What all posts share.</summary>
internal sealed record AlertTools(HealingOptions Options, AlertOutbox Outbox, AlertSinkLedger Sinks, IncidentLedger Incidents, AlertQueue Queue, AlertRoutes Routes, TimeProvider Clock, ILogger Log);
