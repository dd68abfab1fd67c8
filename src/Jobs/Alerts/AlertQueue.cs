using System.Globalization;
using System.Text.Json;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using Npgsql;

namespace HealingWorkers.Jobs.Alerts;

/// <summary>Queues an alert for every sink in the transaction of what it tells of; the same key never twice.</summary>
public sealed class AlertQueue(AlertOutbox outbox, IReadOnlyList<string> sinks, bool enabled, TimeProvider clock)
{
    /// <param name="what">repair_failed | escalated | ...</param>
    public async Task QueueAsync(Incident incident, string what, string message, string? receiptHead, NpgsqlTransaction? within, CancellationToken cancel)
    {
        if (!enabled)
        {
            return;
        }
        var key = string.Create(CultureInfo.InvariantCulture, $"{what}:{incident.Id}:{incident.Attempts}");
        var severity = incident.Severity == Severity.Critical ? "critical" : "warning";
        var alert = new Alert(key, what, severity, incident.Id, incident.TargetName, incident.Kind.Name, incident.Object.Quoted, message,
            WhatToDo.For(incident, what), receiptHead, clock.GetUtcNow());
        foreach (var sink in sinks)
        {
            await outbox.QueueAsync(new(key, sink, incident.Id, what, severity, JsonSerializer.Serialize(alert, LedgerJson.Options)), cancel, within).ConfigureAwait(false);
        }
    }
}
