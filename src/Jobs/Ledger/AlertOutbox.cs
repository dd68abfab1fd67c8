using Npgsql;

namespace HealingWorkers.Jobs.Ledger;

/// <summary>Alerts on their way: queued in the transaction of what they tell of, sent at least once, given up loudly.</summary>
public sealed class AlertOutbox(LedgerDb db)
{
    public const int MostTries = 10;

    /// <summary>How long a sender has a taken alert to itself before another may try.</summary>
    public static readonly TimeSpan Sending = TimeSpan.FromMinutes(1);

    /// <summary>Queues once a key and sink; false when that was queued before. Joins a caller's transaction when given one.</summary>
    public async Task<bool> QueueAsync(NewAlert alert, CancellationToken cancel, NpgsqlTransaction? within = null) =>
        (within is { Connection: { } connection }
            ? await connection.DoAsync(Sql.Of<AlertOutbox>("alert_queue"), alert, cancel, within).ConfigureAwait(false)
            : await db.DoAsync(Sql.Of<AlertOutbox>("alert_queue"), alert, cancel).ConfigureAwait(false)) == 1;

    /// <summary>Takes due alerts to be sent now; the try counts from here, so that one that kills its sender ends as well.</summary>
    public Task<IReadOnlyList<QueuedAlert>> TakeDueAsync(int most, CancellationToken cancel) => db.InTransactionAsync((connection, transaction) =>
        connection.ListAsync<QueuedAlert>(Sql.Of<AlertOutbox>("alert_take"), new { Most = most, Sending }, cancel, transaction), cancel);

    public Task DeliveredAsync(long id, CancellationToken cancel) => db.DoAsync(Sql.Of<AlertOutbox>("alert_delivered"), new { Id = id }, cancel);

    /// <summary>Tried again later, at growing intervals up to a quarter of an hour; after the last try given up, with an audit row. True when given up.</summary>
    public Task<bool> FailedAsync(long id, string error, string actor, CancellationToken cancel) => db.InTransactionAsync(async (connection, transaction) =>
    {
        var args = new { Id = id, Error = Text.Bounded(error, 2000), MostTries };
        if (await connection.FirstAsync<QueuedAlert>(Sql.Of<AlertOutbox>("alert_failed"), args, cancel, transaction).ConfigureAwait(false) is not { GaveUp: true } lost)
            return false;
        await AuditLog.WriteAsync(connection, transaction,
            new AuditEntry("alert.given_up", "critical", $"alert {lost.Key} could not be sent by {lost.Sink} in {lost.Tries} tries: {args.Error}", actor) { IncidentId = lost.IncidentId }, cancel).ConfigureAwait(false);
        return true;
    }, cancel);
}

/// <param name="Payload">JSON.</param>
public sealed record NewAlert(string Key, string Sink, long? IncidentId, string Event, string Severity, string Payload);

public sealed record QueuedAlert
{
    public required long Id { get; init; }
    public required string Key { get; init; }
    public required string Sink { get; init; }
    public long? IncidentId { get; init; }
    public required string Event { get; init; }
    public required string Severity { get; init; }
    public required string Payload { get; init; }
    public required int Tries { get; init; }
    public bool GaveUp { get; init; }
}
