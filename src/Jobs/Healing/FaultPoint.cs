namespace HealingWorkers.Jobs.Healing;

/// <summary>
/// The places where a process may die or freeze on its way through a repair. The fleet tests enumerate them
/// and kill a real process at each; HEALING_FAULT=name:kill or name:freeze arms one, once a process.
/// </summary>
public enum FaultPoint
{
    RunClaimed,
    LeaseTaken,
    BackendRecorded,
    TargetLocked,
    BeforeSnapshotting,
    AfterSnapshotting,
    SnapshotWritten,
    SnapshotRecorded,
    BeforeRepairing,
    AfterRepairing,
    MidRebuild,
    RepairApplied,
    BeforeVerifying,
    AfterVerifying,
    Verified,
    ReceiptWritten,
    BeforeResolved,
    AfterResolved,
    LeaseReleased,
    RunEnded,
}
