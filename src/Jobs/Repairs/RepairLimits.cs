namespace HealingWorkers.Jobs.Repairs;

/// <summary>How long a repair waits for others, and when it leaves a server alone.</summary>
public sealed record RepairLimits
{
    public TimeSpan LockTimeout { get; init; } = TimeSpan.FromSeconds(10);
    /// <summary>A locking rebuild queues everybody else behind it while it waits, so it waits briefly.</summary>
    public TimeSpan ExclusiveLockTimeout { get; init; } = TimeSpan.FromSeconds(2);
    /// <summary>For a lock that is needed for a moment: asked for often, so that nobody queues behind it for longer.</summary>
    public TimeSpan BriefLockTimeout { get; init; } = TimeSpan.FromMilliseconds(200);
    public int BriefLockTries { get; init; } = 10;
    public TimeSpan OldTransaction { get; init; } = TimeSpan.FromSeconds(30);
    public int LockTries { get; init; } = 3;
    public TimeSpan LockBackoff { get; init; } = TimeSpan.FromSeconds(2);
    public long ReplicaLag { get; init; } = 1L << 30;
    public long SlotKeeps { get; init; } = 16L << 30;
    public long SpareRoom { get; init; } = 64L << 20;
}
