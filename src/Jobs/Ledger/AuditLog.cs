using Npgsql;

namespace HealingWorkers.Jobs.Ledger;

/// <summary>Who did what, when and why; written in the transaction of the deed.</summary>
public sealed class AuditLog(LedgerDb db)
{
    public Task WriteAsync(AuditEntry entry, CancellationToken cancel) =>
        db.DoAsync(Sql.Of<AuditLog>("audit_write"), entry, cancel);

    public static Task WriteAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, AuditEntry entry, CancellationToken cancel) =>
        connection.DoAsync(Sql.Of<AuditLog>("audit_write"), entry, cancel, transaction);

    /// <summary>The newest first, from below <paramref name="before"/> on.</summary>
    public Task<IReadOnlyList<AuditRow>> ListAsync(long? incident, long? before, int limit, CancellationToken cancel) =>
        ListAsync(new AuditFilter { Incident = incident, Before = before, Limit = limit }, cancel);

    public async Task<IReadOnlyList<AuditRow>> ListAsync(AuditFilter filter, CancellationToken cancel) => await db.ListAsync<AuditRow>(Sql.Of<AuditLog>("audit_list"), new
    {
        filter.Incident, filter.Actor, filter.Event, Targets = await TargetNames.IdsAsync(db, filter.Target, cancel).ConfigureAwait(false), filter.Since, filter.Until, filter.Before, filter.Limit,
    }, cancel).ConfigureAwait(false);
}

/// <param name="Metadata">JSON.</param>
public sealed record AuditEntry(string EventType, string Severity, string Message, string Actor)
{
    public string Metadata { get; init; } = "{}";
    public long? TargetId { get; init; }
    public long? IncidentId { get; init; }
}

public sealed record AuditFilter
{
    public long? Incident { get; init; }
    public string? Actor { get; init; }
    public string? Event { get; init; }
    public string? Target { get; init; }
    public DateTimeOffset? Since { get; init; }
    public DateTimeOffset? Until { get; init; }
    public long? Before { get; init; }
    public int Limit { get; init; } = 50;
}

public sealed record AuditRow
{
    public required long Id { get; init; }
    public required DateTimeOffset At { get; init; }
    public required string EventType { get; init; }
    public required string Severity { get; init; }
    public required string Message { get; init; }
    public required string Metadata { get; init; }
    public required string Actor { get; init; }
    public long? TargetId { get; init; }
    public long? IncidentId { get; init; }
}
