namespace HealingWorkers.Jobs.Incidents;

/// <summary>The lease that a write stands on; the write is refused once somebody else holds it.</summary>
public sealed record Fence(string Resource, long Token);

/// <summary>What goes with a move: who, why, and what changes in the same transaction.</summary>
public sealed record Move(string Actor, string Message)
{
    public Fence? Fence { get; init; }
    /// <summary>Why it is in its new state; without one the old state's reason goes.</summary>
    public string? Reason { get; init; }
    public DateTimeOffset? DueAt { get; init; }
    /// <summary>How the attempt in hand ended: succeeded | failed; null leaves it open.</summary>
    public string? AttemptOutcome { get; init; }
    public string? AttemptError { get; init; }
    public string? Verification { get; init; }
    /// <summary>Put off, not tried: an attempt in hand does not count, and its number is used again.</summary>
    public bool CountDeferral { get; init; }
    public string? ApprovedBy { get; init; }
    /// <summary>As many rows as the plan had that was approved; more want another approval.</summary>
    public long? ApprovedRows { get; init; }
    /// <summary>The hash of the plan that was approved, of what may lose something, else of what it asked; another plan, or another question, wants another approval.</summary>
    public string? ApprovedPlan { get; init; }
    public bool RevokeApproval { get; init; }
    /// <summary>Reopened by a person: this many attempts more are allowed.</summary>
    public int? MoreAttempts { get; init; }
    /// <summary>JSON for the audit row.</summary>
    public string Metadata { get; init; } = "{}";
}
