using HealingWorkers.Jobs.Incidents;
using NUnit.Framework;
using static HealingWorkers.Jobs.Incidents.IncidentState;

namespace HealingWorkers.Jobs.Tests.Incidents;

/// <summary>The contract, written down a second time.</summary>
public sealed class IncidentTransitionsTests
{
    private static readonly HashSet<(IncidentState, IncidentState)> Contract =
    [
        (Detected, Snapshotting), (Detected, AwaitingApproval), (Detected, AwaitingWindow), (Detected, Suppressed), (Detected, Escalated), (Detected, Resolved),
        (AwaitingApproval, Snapshotting), (AwaitingApproval, AwaitingWindow), (AwaitingApproval, Escalated), (AwaitingApproval, Resolved), (AwaitingApproval, Closed),
        (AwaitingWindow, Snapshotting), (AwaitingWindow, Escalated), (AwaitingWindow, Resolved), (AwaitingWindow, Closed),
        (Snapshotting, Repairing), (Snapshotting, Detected), (Snapshotting, Escalated),
        (Repairing, Verifying), (Repairing, Detected), (Repairing, AwaitingWindow), (Repairing, Escalated),
        (Verifying, Resolved), (Verifying, Detected), (Verifying, Escalated),
        (Escalated, Detected), (Escalated, Closed),
        (Suppressed, Detected), (Suppressed, Closed),
        (Resolved, Undone),
        (Undone, Resolved),
    ];

    [Test]
    public void Exactly_the_contracts_moves_are_permitted([Values] IncidentState from, [Values] IncidentState to) =>
        Assert.That(IncidentTransitions.Permits(from, to), Is.EqualTo(Contract.Contains((from, to))));

    [Test]
    public void All_but_resolved_closed_and_undone_are_open([Values] IncidentState state) =>
        Assert.That(state.IsOpen(), Is.EqualTo(state != Resolved && state != Closed && state != Undone));

    [Test]
    public void In_hand_is_what_a_worker_works_on([Values] IncidentState state) =>
        Assert.That(state.IsInHand(), Is.EqualTo(state == Snapshotting || state == Repairing || state == Verifying));
}
