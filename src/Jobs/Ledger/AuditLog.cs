using Npgsql;

namespace HealingWorkers.Jobs.Ledger;

/// <summary>Who did what, when and why; written in the transaction of the deed.</summary>
public sealed class AuditLog(LedgerDb db)
{
    public Task WriteAsync(AuditEntry entry, CancellationToken cancel) => throw new NotSupportedException(db.ConnectionString);

    public static Task WriteAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, AuditEntry entry, CancellationToken cancel) => throw new NotSupportedException();
}

/// <param name="Metadata">JSON.</param>
public sealed record AuditEntry(string EventType, string Severity, string Message, string Actor)
{
    public string Metadata { get; init; } = "{}";
    public long? TargetId { get; init; }
    public long? IncidentId { get; init; }
}
