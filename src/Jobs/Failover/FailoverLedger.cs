using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;

namespace HealingWorkers.Jobs.Failover;

/// <summary>Promotions in the ledger: one at a time for a target, each step with its audit row.</summary>
public sealed class FailoverLedger(LedgerDb db)
{
    /// <summary>The newest first.</summary>
    public Task<IReadOnlyList<FailoverRow>> ListAsync(string target, int most, CancellationToken cancel) =>
        db.ListAsync<FailoverRow>(Sql.Of<FailoverLedger>("failovers"), new { Target = target, Most = most }, cancel);

    internal Task<FailoverTarget?> TargetAsync(string name, CancellationToken cancel) =>
        db.FirstAsync<FailoverTarget>(Sql.Of<FailoverLedger>("failover_target"), new { Name = name }, cancel);

    /// <summary>The timeline of the newest promotion that came about.</summary>
    internal Task<int?> NewestTimelineAsync(long target, CancellationToken cancel) =>
        db.FirstAsync<int?>(Sql.Of<FailoverLedger>("newest_timeline"), new { Target = target }, cancel);

    /// <summary>One that was begun and has not ended.</summary>
    internal Task<FailoverRow?> InHandAsync(long target, CancellationToken cancel) =>
        db.FirstAsync<FailoverRow>(Sql.Of<FailoverLedger>("failover_in_hand"), new { Target = target }, cancel);

    /// <param name="gone">Another standby's, which ends in the same moment: at no time does nobody know that it may be a primary.</param>
    internal Task<FailoverRow> BeginAsync(FailoverRow row, FailoverRow? gone, Fence fence, CancellationToken cancel) => db.InTransactionAsync(async (connection, transaction) =>
    {
        await LeaseLedger.RequireAsync(connection, transaction, fence, cancel).ConfigureAwait(false);
        if (gone is not null)
        {
            var left = gone with { State = "failed", Error = $"given up for {row.Standby}" };
            await connection.DoAsync(Sql.Of<FailoverLedger>("failover_step"), left, cancel, transaction).ConfigureAwait(false);
            await AuditLog.WriteAsync(connection, transaction, Entry(left, $"the promotion of {gone.Standby}, which was told to promote and is cut off by now, is given up for {row.Standby}"), cancel).ConfigureAwait(false);
        }
        var begun = (await connection.FirstAsync<FailoverRow>(Sql.Of<FailoverLedger>("failover_begin"), row, cancel, transaction).ConfigureAwait(false))!;
        await AuditLog.WriteAsync(connection, transaction, Entry(begun, $"promotion of standby {row.Standby} begins: {row.Why}"), cancel).ConfigureAwait(false);
        return begun;
    }, cancel);

    /// <summary>Throws <see cref="FencedException"/> where another has taken it up meanwhile: whoever slept that long says nothing any more.</summary>
    internal Task<FailoverRow> StepAsync(FailoverRow row, Fence fence, string said, CancellationToken cancel) => db.InTransactionAsync(async (connection, transaction) =>
    {
        await LeaseLedger.RequireAsync(connection, transaction, fence, cancel).ConfigureAwait(false);
        await connection.DoAsync(Sql.Of<FailoverLedger>("failover_step"), row, cancel, transaction).ConfigureAwait(false);
        await AuditLog.WriteAsync(connection, transaction, Entry(row, said), cancel).ConfigureAwait(false);
        return row;
    }, cancel);

    internal Task RefusedAsync(long target, string standby, string actor, string said, CancellationToken cancel) =>
        new AuditLog(db).WriteAsync(new("failover_refused", "warning", $"promotion of standby {standby} refused: {said}", actor) { TargetId = target }, cancel);

    /// <summary>Open incidents that are the standby's own.</summary>
    internal Task<IReadOnlyList<StandbyIncident>> IncidentsAsync(long target, string standby, string[] replicated, CancellationToken cancel) =>
        db.ListAsync<StandbyIncident>(Sql.Of<FailoverLedger>("failover_incidents"), new { Target = target, Standby = standby, Replicated = replicated }, cancel);

    private static AuditEntry Entry(FailoverRow row, string said) => new($"failover_{row.State}", row.State == "failed" ? "error" : "warning", said, row.Actor)
    {
        TargetId = row.TargetId,
        Metadata = System.Text.Json.JsonSerializer.Serialize(new { failover = row.Id, standby = row.Standby, lsn = row.PromotedLsn, lost = row.Lost }),
    };
}

/// <summary>What a target was when it was last seen; it may be gone.</summary>
internal sealed record FailoverTarget
{
    public required long Id { get; init; }
    public required string SystemIdentifier { get; init; }
    public required long DatabaseOid { get; init; }
    public DateTimeOffset? LookedAt { get; init; }
    public string? Look { get; init; }
    /// <summary>When standby_rows last really looked.</summary>
    public DateTimeOffset? RowsLookedAt { get; init; }
}

/// <param name="Own">Of the standby itself; else the primary's, of a kind that comes with replication.</param>
/// <param name="Suppressed">A person wanted to hear no more of it.</param>
internal sealed record StandbyIncident(long Id, string Kind, string Object, bool Own, bool Suppressed);
