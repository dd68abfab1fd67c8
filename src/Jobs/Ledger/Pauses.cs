using Npgsql;

namespace HealingWorkers.Jobs.Ledger;

/// <summary>The brake: repairs of one target or of everything stop at once.</summary>
public sealed class Pauses(LedgerDb db)
{
    private const long Everything = 0;

    /// <param name="target">Null: everything.</param>
    public Task PauseAsync(long? target, string actor, string why, CancellationToken cancel) => db.InTransactionAsync(async (connection, transaction) =>
    {
        var done = await connection.DoAsync(Sql.Of<Pauses>("pause"), new { Target = target ?? Everything, Actor = actor, Why = why }, cancel, transaction).ConfigureAwait(false);
        await AuditAsync(connection, transaction, "repairs.paused", target, $"repairs of {Name(target)} paused: {why}", actor, cancel).ConfigureAwait(false);
        return done;
    }, cancel);

    /// <summary>False when it was not paused.</summary>
    public Task<bool> ResumeAsync(long? target, string actor, string why, CancellationToken cancel) => db.InTransactionAsync(async (connection, transaction) =>
    {
        if (await connection.DoAsync(Sql.Of<Pauses>("resume"), new { Target = target ?? Everything }, cancel, transaction).ConfigureAwait(false) == 0)
            return false;
        await AuditAsync(connection, transaction, "repairs.resumed", target, $"repairs of {Name(target)} resumed: {why}", actor, cancel).ConfigureAwait(false);
        return true;
    }, cancel);

    public Task<bool> IsPausedAsync(long target, CancellationToken cancel) =>
        db.FirstAsync<bool>(Sql.Of<Pauses>("is_paused"), new { Target = target }, cancel);

    public Task<IReadOnlyList<Pause>> ListAsync(CancellationToken cancel) =>
        db.ListAsync<Pause>(Sql.Of<Pauses>("pauses"), null, cancel);

    private static string Name(long? target) => target is { } id ? $"target {id}" : "everything";

    private static Task AuditAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, string what, long? target, string message, string actor, CancellationToken cancel) =>
        AuditLog.WriteAsync(connection, transaction, new AuditEntry(what, "warning", message, actor) { TargetId = target }, cancel);
}

public sealed record Pause
{
    /// <summary>Null: everything.</summary>
    public long? TargetId { get; init; }
    public string? TargetName { get; init; }
    public required string Actor { get; init; }
    public required string Why { get; init; }
    public required DateTimeOffset At { get; init; }
}
