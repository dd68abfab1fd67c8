using HealingWorkers.Jobs.Errors;

namespace HealingWorkers.Jobs.Ledger;

/// <summary>The processes of the fleet, and the one job engine that they share.</summary>
public sealed class WorkerRegistry(LedgerDb db)
{
    /// <summary>The first engine to come owns the ledger. Throws when another one does: two engines would each deliver the same work.</summary>
    public async Task ClaimEngineAsync(string name, CancellationToken cancel)
    {
        var owner = await db.InTransactionAsync((connection, transaction) =>
            connection.FirstAsync<string>(Sql.Of<WorkerRegistry>("claim_engine"), new { Name = name }, cancel, transaction), cancel).ConfigureAwait(false);
        if (!string.Equals(owner, name, StringComparison.Ordinal))
            throw new HealingException($"this ledger belongs to the job engine {owner}, and this program was built with {name}",
                $"run the {owner} edition, or give this one a control database of its own (control.connection)");
    }

    public Task RegisterAsync(WorkerProcess worker, CancellationToken cancel) =>
        db.DoAsync(Sql.Of<WorkerRegistry>("worker_register"), worker, cancel);

    /// <summary>False when nobody registered under this id.</summary>
    public async Task<bool> HeartbeatAsync(string id, CancellationToken cancel) =>
        await db.DoAsync(Sql.Of<WorkerRegistry>("worker_heartbeat"), new { Id = id }, cancel).ConfigureAwait(false) == 1;

    public Task StoppedAsync(string id, CancellationToken cancel) =>
        db.DoAsync(Sql.Of<WorkerRegistry>("worker_stopped"), new { Id = id }, cancel);

    /// <summary>Those that were heard of within <paramref name="silence"/> and did not say goodbye.</summary>
    public Task<IReadOnlyList<WorkerProcess>> AliveAsync(TimeSpan silence, CancellationToken cancel) =>
        db.ListAsync<WorkerProcess>(Sql.Of<WorkerRegistry>("workers_alive"), new { Silence = silence }, cancel);
}

public sealed record WorkerProcess
{
    public required string Id { get; init; }
    public required string Host { get; init; }
    public required int Pid { get; init; }
    public required string Version { get; init; }
    public required string Engine { get; init; }
    public DateTimeOffset StartedAt { get; init; }
    public DateTimeOffset HeartbeatAt { get; init; }
}
