using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Incidents;

/// <summary>Incidents in the ledger. Every transition is one transaction with its audit row.</summary>
public sealed class IncidentLedger(LedgerDb db)
{
    /// <summary>Makes the target known (or seen again) and tells its id.</summary>
    public Task<long> RegisterTargetAsync(string name, TargetFacts facts, CancellationToken cancel) => throw new NotSupportedException(db.ConnectionString);

    /// <summary>
    /// Takes in what a check saw, in one transaction: opens an incident for a new finding, refreshes a known one (an escalated one stays
    /// escalated, with no fresh attempts), counts a clean look for every open incident of that check whose object was examined and not
    /// found again (two: Resolved, gone by itself; events and those in hand excepted), escalates the third of one object in 30 days,
    /// writes check_runs. Returns the incidents that a repair should be enqueued for.
    /// </summary>
    public Task<IReadOnlyList<Incident>> TakeInAsync(long target, CheckReport report, string? scope, int attemptsAllowed, string actor, CancellationToken cancel) => throw new NotSupportedException();

    public Task<Incident?> FindAsync(long id, CancellationToken cancel) => throw new NotSupportedException();

    public Task<IReadOnlyList<Incident>> ListAsync(IncidentFilter filter, CancellationToken cancel) => throw new NotSupportedException();

    /// <summary>
    /// Moves an incident, if <paramref name="from"/> is still its state and the move is permitted; with a fence, only while that lease
    /// token is the current one. Writes the audit row in the same transaction. Throws <see cref="FencedException"/> where the fence fails.
    /// </summary>
    public Task<Incident> MoveAsync(long id, IncidentState from, IncidentState to, Move move, CancellationToken cancel) => throw new NotSupportedException();

    /// <summary>Opens the next attempt (attempts + 1) under the fence and moves the incident to Snapshotting; returns its number.</summary>
    public Task<int> BeginAttemptAsync(Incident incident, Fence fence, string worker, CancellationToken cancel) => throw new NotSupportedException();

    /// <summary>A dead predecessor's attempt is closed as crashed and counted; the incident goes back to Detected, or to Escalated after the last.</summary>
    public Task<Incident> CrashedAsync(Incident incident, Fence fence, string actor, CancellationToken cancel) => throw new NotSupportedException();

    /// <summary>Open incidents that are due and in nobody's hand, or in the hand of someone whose lease has run out.</summary>
    public Task<IReadOnlyList<Incident>> DueAsync(int most, CancellationToken cancel) => throw new NotSupportedException();
}

/// <summary>The lease that a write stands on; the write is refused once somebody else holds it.</summary>
public sealed record Fence(string Resource, long Token);

/// <summary>What goes with a move: who, why, and what changes in the same transaction.</summary>
public sealed record Move(string Actor, string Message)
{
    public Fence? Fence { get; init; }
    public string? Reason { get; init; }
    public DateTimeOffset? DueAt { get; init; }
    /// <summary>How the attempt in hand ended: succeeded | failed; null leaves it open.</summary>
    public string? AttemptOutcome { get; init; }
    public string? AttemptError { get; init; }
    public string? Verification { get; init; }
    public bool CountDeferral { get; init; }
    public string? ApprovedBy { get; init; }
    /// <summary>Reopened by a person: this many attempts more are allowed.</summary>
    public int? MoreAttempts { get; init; }
    /// <summary>JSON for the audit row.</summary>
    public string Metadata { get; init; } = "{}";
}

public sealed record IncidentFilter
{
    public string? Target { get; init; }
    public IncidentState? State { get; init; }
    public bool OpenOnly { get; init; }
    /// <summary>Keyset: ids below this one.</summary>
    public long? Before { get; init; }
    public int Limit { get; init; } = 50;
}
