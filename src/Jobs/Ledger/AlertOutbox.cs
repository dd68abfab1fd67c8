using Npgsql;

namespace HealingWorkers.Jobs.Ledger;

/// <summary>
/// Alerts on their way: queued in the transaction of what they tell of, sent at least once. A sink that is away delays its own alerts
/// and nobody else's; what a sink does not want is given up after some tries, what waits too long as well, and both loudly.
/// </summary>
public sealed class AlertOutbox(LedgerDb db)
{
    public const int MostRefusals = 10;
    public const int MostWaiting = 10_000;

    /// <summary>Queues once a key and sink; false when that was queued before. Joins a caller's transaction when given one.</summary>
    public async Task<bool> QueueAsync(NewAlert alert, CancellationToken cancel, NpgsqlTransaction? within = null) =>
        (within is { Connection: { } connection }
            ? await connection.DoAsync(Sql.Of<AlertOutbox>("alert_queue"), alert, cancel, within).ConfigureAwait(false)
            : await db.DoAsync(Sql.Of<AlertOutbox>("alert_queue"), alert, cancel).ConfigureAwait(false)) == 1;

    /// <summary>The next of a sink, the oldest first; for whoever holds that sink.</summary>
    public Task<IReadOnlyList<QueuedAlert>> DueAsync(string sink, int most, CancellationToken cancel) =>
        db.ListAsync<QueuedAlert>(Sql.Of<AlertOutbox>("alert_due"), new { Sink = sink, Most = most }, cancel);

    public Task DeliveredAsync(long id, CancellationToken cancel) => db.DoAsync(Sql.Of<AlertOutbox>("alert_delivered"), new { Id = id }, cancel);

    /// <summary>The sink was away.</summary>
    public Task FailedAsync(long id, string error, CancellationToken cancel) =>
        db.DoAsync(Sql.Of<AlertOutbox>("alert_failed"), new { Id = id, Error = Text.Bounded(error, 2000) }, cancel);

    /// <summary>The sink was there and did not want it: tried again later, after the last try given up with an audit row. True when given up.</summary>
    public Task<bool> RefusedAsync(long id, string error, string actor, CancellationToken cancel) => db.InTransactionAsync(async (connection, transaction) =>
    {
        var args = new { Id = id, Error = Text.Bounded(error, 2000), MostRefusals };
        if (await connection.FirstAsync<QueuedAlert>(Sql.Of<AlertOutbox>("alert_refused"), args, cancel, transaction).ConfigureAwait(false) is not { GaveUp: true } lost)
            return false;
        await AuditLog.WriteAsync(connection, transaction,
            new AuditEntry("alert.given_up", "critical", $"alert {lost.Key} was refused by {lost.Sink} {MostRefusals} times: {args.Error}", actor) { IncidentId = lost.IncidentId }, cancel).ConfigureAwait(false);
        return true;
    }, cancel);

    /// <summary>Gives up what waited longer than that, and the oldest of what is too much; with an audit row a sink. How many went.</summary>
    public Task<long> BoundAsync(TimeSpan keep, int most, string actor, CancellationToken cancel) => db.InTransactionAsync(async (connection, transaction) =>
    {
        var lost = await connection.ListAsync<LostAlerts>(Sql.Of<AlertOutbox>("alert_bound"), new { Keep = keep, Most = most }, cancel, transaction).ConfigureAwait(false);
        foreach (var sink in lost)
        {
            await AuditLog.WriteAsync(connection, transaction,
                new AuditEntry("alert.given_up", "critical", $"{sink.Waiting} alerts that waited for {sink.Sink} were given up: it was away for too long", actor), cancel).ConfigureAwait(false);
        }
        return lost.Sum(l => l.Waiting);
    }, cancel);

    private sealed record LostAlerts
    {
        public required string Sink { get; init; }
        public required long Waiting { get; init; }
    }
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
