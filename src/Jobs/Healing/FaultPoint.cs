namespace HealingWorkers.Jobs.Healing;

/// <summary>
/// The places where a process may die or freeze on its way through a repair: before and after each write to the ledger,
/// and in the middle of the work on the target. The fleet tests enumerate them and kill a real process at each.
/// </summary>
public enum FaultPoint
{
    RunClaimed,
    BeforeLease,
    AfterLease,
    BeforeBackendRecorded,
    AfterBackendRecorded,
    TargetLocked,
    BeforeAttempt,
    AfterAttempt,
    SnapshotWritten,
    SnapshotRecorded,
    BeforePlanRecorded,
    AfterPlanRecorded,
    BeforeRepairing,
    AfterRepairing,
    MidRebuild,
    RepairApplied,
    StatementsRecorded,
    BeforeVerifying,
    AfterVerifying,
    Verified,
    BeforeResolved,
    AfterResolved,
    BeforeFailed,
    AfterFailed,
    BeforeEscalated,
    AfterEscalated,
    BeforeRelease,
    AfterRelease,
    RunEnded,
}
