using System.Globalization;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;

namespace HealingWorkers.Jobs.Alerts;

/// <summary>Makes alerts of what the ledger noted about incidents; whichever worker comes first, and each once.</summary>
public sealed class AlertEvents(LedgerDb db, AlertQueue queue)
{
    private const int AtOnce = 100;

    /// <summary>True where there may be more.</summary>
    public Task<bool> TellAsync(CancellationToken cancel) => db.InTransactionAsync(async (connection, transaction) =>
    {
        var events = await connection.ListAsync<AlertEvent>(Sql.Of<AlertOutbox>("alert_events_take"), new { Most = AtOnce }, cancel, transaction).ConfigureAwait(false);
        foreach (var one in events.OrderBy(e => e.Id))
        {
            var row = await connection.FirstAsync<IncidentRow>(Sql.Of<IncidentLedger>("incident_find"), new { Id = one.IncidentId }, cancel, transaction).ConfigureAwait(false);
            var head = await connection.FirstAsync<ChainHead>(Sql.Of<ReceiptLedger>("receipt_head"), null, cancel, transaction).ConfigureAwait(false);
            var incident = row!.ToIncident();
            var message = $"{incident.Kind.Name} on {incident.Object}: {Words(one.Event, incident)}";
            // The healer tells of its own escalations with this key: what it told is not told twice, and what others escalate is told too.
            if (one.Event == "escalated")
            {
                await queue.QueueAsync(incident, one.Event, message, head?.Hash, transaction, cancel).ConfigureAwait(false);
                continue;
            }
            var key = string.Create(CultureInfo.InvariantCulture, $"{one.Event}:{incident.Id}:{one.Id}");
            await queue.QueueAsync(queue.Of(incident, one.Event, key, message, head?.Hash) with { At = one.At }, transaction, cancel).ConfigureAwait(false);
        }
        return events.Count == AtOnce;
    }, cancel);

    private static string Words(string what, Incident incident) => (what, incident.State) switch
    {
        ("opened", _) => incident.Detail,
        ("ended", IncidentState.Resolved) => "it is over" + (incident.Attempts > 0 ? ", repaired and proven" : ""),
        ("ended", IncidentState.Closed) => "a person closed it" + Why(incident),
        ("ended", IncidentState.Suppressed) => "a person suppressed it" + Why(incident),
        ("ended", IncidentState.Undone) => "its repair was undone",
        _ => incident.Reason ?? incident.Detail,
    };

    private static string Why(Incident incident) => incident.Reason is null ? "" : $": {incident.Reason}";

    private sealed record AlertEvent
    {
        public required long Id { get; init; }
        public required long IncidentId { get; init; }
        public required string Event { get; init; }
        public required DateTimeOffset At { get; init; }
    }
}
