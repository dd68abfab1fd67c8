using System.Globalization;
using System.Text.Json;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using Npgsql;

namespace HealingWorkers.Jobs.Alerts;

/// <summary>Queues an alert for every sink that wants it, in the transaction of what it tells of; the same key never twice.</summary>
public sealed class AlertQueue(AlertOutbox outbox, HealingOptions options, TimeProvider clock)
{
    private readonly AlertRoutes _routes = new(options.Alerts);

    /// <summary>How a repair came out: repair_failed | escalated | approval_wanted. Only the first can be turned off: the others wait for a person.</summary>
    public Task QueueAsync(Incident incident, string what, string message, string? receiptHead, NpgsqlTransaction? within, CancellationToken cancel) =>
        options.AutoHealing.AlertOnFailure || what != "repair_failed"
            ? QueueAsync(OfRepair(incident, what, message, receiptHead), within, cancel)
            : Task.CompletedTask;

    public Alert OfRepair(Incident incident, string what, string message, string? receiptHead) =>
        // A reopened incident is allowed more attempts, and may tell the same once more.
        Of(incident, what, string.Create(CultureInfo.InvariantCulture, $"{what}:{incident.Id}:{incident.Attempts}/{incident.AttemptsAllowed}"), message, receiptHead);

    public async Task QueueAsync(Alert alert, NpgsqlTransaction? within, CancellationToken cancel)
    {
        foreach (var sink in _routes.SinksFor(AlertSeverities.Named(alert.Severity), alert.Target, alert.Event))
        {
            await outbox.QueueAsync(new(alert.Key, sink, alert.IncidentId, alert.Event, alert.Severity, JsonSerializer.Serialize(alert, LedgerJson.Options)), cancel, within).ConfigureAwait(false);
        }
    }

    public Alert Of(Incident incident, string what, string key, string message, string? receiptHead)
    {
        var severity = AlertSeverities.Of(incident);
        // What is told of a repair is for a person, however little its incident is.
        var loud = what is "opened" or "ended" || severity > AlertSeverity.Warning ? severity : AlertSeverity.Warning;
        return new Alert(key, what, loud.Name(), incident.Id, incident.TargetName, incident.Kind.Name, incident.Object.Quoted, message,
            WhatToDo.For(incident, what), receiptHead, clock.GetUtcNow())
        {
            Since = incident.OpenedAt,
            Link = options.Alerts.Link.Length == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"{options.Alerts.Link.TrimEnd('/')}/incidents/{incident.Id}"),
        };
    }
}
