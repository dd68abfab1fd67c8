namespace HealingWorkers.Jobs.Ledger;

/// <summary>Workers that are to take nothing new: what they have in hand they finish. Of a whole host it outlives its processes.</summary>
public sealed class Drains(LedgerDb db)
{
    public Task DrainAsync(DrainScope scope, string name, string actor, string why, CancellationToken cancel) => db.InTransactionAsync(async (connection, transaction) =>
    {
        await connection.DoAsync(Sql.Of<Drains>("drain"), new { Scope = Text(scope), Name = name, Actor = actor, Why = why }, cancel, transaction).ConfigureAwait(false);
        await AuditLog.WriteAsync(connection, transaction, new AuditEntry("worker.drained", "warning", $"{Text(scope)} {name} takes nothing new: {why}", actor), cancel).ConfigureAwait(false);
        return true;
    }, cancel);

    /// <summary>False when it was not drained so.</summary>
    public Task<bool> ResumeAsync(DrainScope scope, string name, string actor, string why, CancellationToken cancel) => db.InTransactionAsync(async (connection, transaction) =>
    {
        if (await connection.DoAsync(Sql.Of<Drains>("drain_over"), new { Scope = Text(scope), Name = name }, cancel, transaction).ConfigureAwait(false) == 0)
            return false;
        await AuditLog.WriteAsync(connection, transaction, new AuditEntry("worker.resumed", "warning", $"{Text(scope)} {name} works again: {why}", actor), cancel).ConfigureAwait(false);
        return true;
    }, cancel);

    /// <summary>Whether a worker that registered is to rest, by its id or by its host.</summary>
    public Task<bool> IsDrainedAsync(string worker, CancellationToken cancel) =>
        db.FirstAsync<bool>(Sql.Of<Drains>("is_drained"), new { Worker = worker }, cancel);

    public Task<IReadOnlyList<Drain>> ListAsync(CancellationToken cancel) => db.ListAsync<Drain>(Sql.Of<Drains>("drains"), null, cancel);

    private static string Text(DrainScope scope) => scope == DrainScope.Host ? "host" : "worker";
}

public enum DrainScope { Worker, Host }

public sealed record Drain
{
    public required DrainScope Scope { get; init; }
    public required string Name { get; init; }
    public required string Actor { get; init; }
    public required string Why { get; init; }
    public required DateTimeOffset At { get; init; }

    public bool Is(WorkerProcess worker) => string.Equals(Name, Scope == DrainScope.Host ? worker.Host : worker.Id, StringComparison.Ordinal);
}
