namespace HealingWorkers.Jobs.Ledger;

/// <summary>The brake: repairs of one target or of everything stop at once.</summary>
public sealed class Pauses(LedgerDb db)
{
    /// <param name="target">Null: everything.</param>
    public Task PauseAsync(long? target, string actor, string why, CancellationToken cancel) => throw new NotSupportedException(db.ConnectionString);
    public Task<bool> ResumeAsync(long? target, string actor, CancellationToken cancel) => throw new NotSupportedException();
    public Task<bool> IsPausedAsync(long target, CancellationToken cancel) => throw new NotSupportedException();
}
