using System.Globalization;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using Npgsql;

namespace HealingWorkers.Jobs.Alerts;

/// <summary>Makes alerts of what the ledger noted about incidents; whichever worker comes first, and each once.</summary>
public sealed class AlertEvents(LedgerDb db, AlertQueue queue)
{
    private const int AtOnce = 100;

    /// <summary>True where there may be more.</summary>
    public Task<bool> TellAsync(CancellationToken cancel) => db.InTransactionAsync(async (connection, transaction) =>
    {
        if (!await connection.FirstAsync<bool>(Sql.Of<AlertOutbox>("alert_events_lock"), null, cancel, transaction).ConfigureAwait(false))
        {
            return false;
        }
        var events = await connection.ListAsync<AlertEvent>(Sql.Of<AlertOutbox>("alert_events_take"), new { Most = AtOnce }, cancel, transaction).ConfigureAwait(false);
        var told = await ToldAsync(connection, transaction, events, cancel).ConfigureAwait(false);
        foreach (var one in events.OrderBy(e => e.Id))
        {
            var row = await connection.FirstAsync<IncidentRow>(Sql.Of<IncidentLedger>("incident_find"), new { Id = one.IncidentId }, cancel, transaction).ConfigureAwait(false);
            var head = await connection.FirstAsync<ChainHead>(Sql.Of<ReceiptLedger>("receipt_head"), null, cancel, transaction).ConfigureAwait(false);
            var incident = row!.ToIncident();
            var message = $"{incident.Kind.Name} on {incident.Object}: {Words(one.Event, incident)}";
            // The healer tells of its own escalations with this key: what it told is not told twice, and what others escalate is told too.
            var alert = one.Event == "escalated"
                ? queue.OfRepair(incident, one.Event, message, head?.Hash)
                : queue.Of(incident, one.Event, string.Create(CultureInfo.InvariantCulture, $"{one.Event}:{incident.Id}:{one.Id}"), message, head?.Hash) with { At = one.At };
            var loudest = Louder(told.GetValueOrDefault(incident.Id), AlertSeverities.Named(alert.Severity));
            told[incident.Id] = loudest;
            // What is over waits for nobody any more and would be told quietly: then whoever was told of it would not hear of its end.
            await queue.QueueAsync(alert.IsEnd ? alert with { Severity = loudest.Name() } : alert, transaction, cancel).ConfigureAwait(false);
        }
        return events.Count == AtOnce;
    }, cancel);

    /// <summary>How loudly those that end were told of at their loudest.</summary>
    private static async Task<Dictionary<long, AlertSeverity>> ToldAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<AlertEvent> events, CancellationToken cancel)
    {
        var ended = events.Where(e => e.Event == "ended").Select(e => e.IncidentId).Distinct().ToArray();
        var rows = ended.Length == 0 ? [] : await connection.ListAsync<Told>(Sql.Of<AlertOutbox>("alert_told"), new { Incidents = ended }, cancel, transaction).ConfigureAwait(false);
        return rows.GroupBy(r => r.IncidentId).ToDictionary(g => g.Key, g => g.Select(r => AlertSeverities.Named(r.Severity)).Aggregate(Louder));
    }

    private static AlertSeverity Louder(AlertSeverity one, AlertSeverity other) => one > other ? one : other;

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

    private sealed record Told
    {
        public required long IncidentId { get; init; }
        public required string Severity { get; init; }
    }

    private sealed record AlertEvent
    {
        public required long Id { get; init; }
        public required long IncidentId { get; init; }
        public required string Event { get; init; }
        public required DateTimeOffset At { get; init; }
    }
}
