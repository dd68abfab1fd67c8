using HealingWorkers.Jobs.Ledger;

namespace HealingWorkers.Jobs.Incidents;

/// <summary>What the ledger knows of the quarantines of its targets.</summary>
public sealed class QuarantineLedger(LedgerDb db)
{
    /// <summary>The ledger's own id, which every batch in a quarantine bears.</summary>
    public async Task<string> IdAsync(CancellationToken cancel) =>
        (await db.FirstAsync<string>(Sql.Of<QuarantineLedger>("ledger_id"), null, cancel).ConfigureAwait(false))!;

    /// <summary>How many rows a target's quarantine holds now, for the gauge.</summary>
    public Task SeenAsync(long target, long rows, CancellationToken cancel) =>
        db.DoAsync(Sql.Of<QuarantineLedger>("quarantine_seen"), new { Target = target, Rows = rows }, cancel);

    /// <summary>What the attempt in hand took; JSON.</summary>
    public Task TookAsync(Incident incident, Fence fence, long rows, string quarantine, CancellationToken cancel) => db.InTransactionAsync(async (connection, transaction) =>
    {
        await LeaseLedger.RequireAsync(connection, transaction, fence, cancel).ConfigureAwait(false);
        return await connection.DoAsync(Sql.Of<QuarantineLedger>("attempt_quarantine"),
            new { incident.Id, Number = incident.Attempts, Rows = rows, Quarantine = quarantine }, cancel, transaction).ConfigureAwait(false);
    }, cancel);

    /// <summary>Targets with rows in quarantine, and the incidents whose rows stay: those that are open, or have been until less than this ago.</summary>
    public Task<IReadOnlyList<QuarantinedTarget>> TargetsAsync(TimeSpan age, CancellationToken cancel) =>
        db.ListAsync<QuarantinedTarget>(Sql.Of<QuarantineLedger>("quarantines"), new { Age = age }, cancel);
}

public sealed record QuarantinedTarget
{
    public required long Target { get; init; }
    public required string Name { get; init; }
    public required long[] Keep { get; init; }
}
