using static HealingWorkers.Jobs.Incidents.IncidentState;

namespace HealingWorkers.Jobs.Incidents;

/// <summary>The one table of what an incident may become.</summary>
public static class IncidentTransitions
{
    private static readonly Dictionary<IncidentState, IncidentState[]> Allowed = new()
    {
        [Detected] = [Snapshotting, AwaitingApproval, AwaitingWindow, Suppressed, Escalated, Resolved],
        [AwaitingApproval] = [Snapshotting, AwaitingWindow, Escalated, Resolved, Closed],
        [AwaitingWindow] = [Snapshotting, Escalated, Resolved, Closed],
        [Snapshotting] = [Repairing, Detected, Escalated],
        [Repairing] = [Verifying, Detected, AwaitingWindow, Escalated],
        [Verifying] = [Resolved, Detected, Escalated],
        [Escalated] = [Detected, Closed],
        [Suppressed] = [Detected, Closed],
        [Resolved] = [Undone],
        [Undone] = [Resolved],
        [Closed] = [],
    };

    public static bool Permits(IncidentState from, IncidentState to) => Allowed[from].Contains(to);

    public static bool IsOpen(this IncidentState state) => state is not (Resolved or Closed or Undone);

    /// <summary>What its repairs took can come back: no worker goes on with it by itself.</summary>
    public static bool GivesBack(this IncidentState state) => state is Resolved or Escalated or Closed;

    public static bool IsInHand(this IncidentState state) => state is Snapshotting or Repairing or Verifying;
}
