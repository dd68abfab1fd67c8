namespace HealingWorkers.Jobs.Incidents;

public enum IncidentState
{
    Detected,
    AwaitingApproval,
    AwaitingWindow,
    Snapshotting,
    Repairing,
    Verifying,
    Resolved,
    Escalated,
    Suppressed,
    Closed,
    Undone,
}
