namespace HealingWorkers.Jobs.Ledger;

/// <summary>Schedules that rest: their times go by unheard until they go on, in every worker and after every restart.</summary>
public sealed class SchedulePauses(LedgerDb db)
{
    /// <summary>Pausing what is paused keeps the newest reason.</summary>
    public Task PauseAsync(string id, string actor, string why, CancellationToken cancel) => db.InTransactionAsync(async (connection, transaction) =>
    {
        await connection.DoAsync(Sql.Of<SchedulePauses>("schedule_pause"), new { Id = id, Actor = actor, Why = why }, cancel, transaction).ConfigureAwait(false);
        await AuditLog.WriteAsync(connection, transaction, new AuditEntry("schedule.paused", "warning", $"schedule {id} paused: {why}", actor), cancel).ConfigureAwait(false);
        return true;
    }, cancel);

    /// <summary>False when it was not paused.</summary>
    public Task<bool> ResumeAsync(string id, string actor, string why, CancellationToken cancel) => db.InTransactionAsync(async (connection, transaction) =>
    {
        if (await connection.DoAsync(Sql.Of<SchedulePauses>("schedule_resume"), new { Id = id }, cancel, transaction).ConfigureAwait(false) == 0)
            return false;
        await AuditLog.WriteAsync(connection, transaction, new AuditEntry("schedule.resumed", "warning", $"schedule {id} resumed: {why}", actor), cancel).ConfigureAwait(false);
        return true;
    }, cancel);

    public Task<IReadOnlyList<SchedulePause>> ListAsync(CancellationToken cancel) =>
        db.ListAsync<SchedulePause>(Sql.Of<SchedulePauses>("schedule_pauses"), null, cancel);
}

public sealed record SchedulePause
{
    /// <summary>Of the recurring job: db.health_check:movies.</summary>
    public required string Id { get; init; }
    public required string Actor { get; init; }
    public required string Why { get; init; }
    public required DateTimeOffset At { get; init; }
}
