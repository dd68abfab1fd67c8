using System.Text.Json;
using HealingWorkers.Jobs.Ledger;
using Microsoft.Extensions.Logging;

namespace HealingWorkers.Jobs.Alerts;

/// <summary>Sends what is queued. Any worker may: the outbox gives each alert to one of them at a time.</summary>
public sealed class AlertDelivery(AlertOutbox outbox, IReadOnlyList<IAlertSink> sinks, string worker, ILogger<AlertDelivery> log)
{
    private const int AtOnce = 20;

    /// <summary>How many were sent; call it every few seconds.</summary>
    public async Task<int> RunAsync(CancellationToken cancel)
    {
        var sent = 0;
        foreach (var queued in await outbox.TakeDueAsync(AtOnce, cancel).ConfigureAwait(false))
        {
            try
            {
                var sink = sinks.FirstOrDefault(s => s.Name == queued.Sink) ?? throw new InvalidOperationException($"{queued.Sink} is not configured here");
                await sink.SendAsync(JsonSerializer.Deserialize<Alert>(queued.Payload, LedgerJson.Options)!, cancel).ConfigureAwait(false);
                await outbox.DeliveredAsync(queued.Id, cancel).ConfigureAwait(false);
                sent++;
            }
            catch (Exception e) when (!cancel.IsCancellationRequested)
            {
                var gaveUp = await outbox.FailedAsync(queued.Id, e.Message, worker, cancel).ConfigureAwait(false);
                log.LogWarning("alert {Key} was not sent by {Sink}{Final}: {Error}", queued.Key, queued.Sink, gaveUp ? ", for good" : "", e.Message);
            }
        }
        return sent;
    }
}
