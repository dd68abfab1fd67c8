namespace HealingWorkers.Jobs.Failover;

/// <summary>A promotion as the ledger has it.</summary>
public sealed record FailoverRow
{
    public long Id { get; init; }
    public long TargetId { get; init; }
    public required string Standby { get; init; }
    /// <summary>begun | promoting | promoted | done | failed.</summary>
    public string State { get; init; } = "begun";
    public DateTimeOffset StartedAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }
    public required string Actor { get; init; }
    public required string Why { get; init; }
    /// <summary>How the old primary was known to take no writes.</summary>
    public string? Fenced { get; init; }
    public int? TimelineBefore { get; init; }
    public int? TimelineAfter { get; init; }
    /// <summary>The last position of the old primary that is known, and when that was.</summary>
    public string? PrimaryLsn { get; init; }
    public DateTimeOffset? PrimaryAskedAt { get; init; }
    /// <summary>Where the new timeline begins.</summary>
    public string? PromotedLsn { get; init; }
    /// <summary>WAL that the new primary never had; null: not known.</summary>
    public long? LostBytes { get; init; }
    public string? Lost { get; init; }
    public string? Verified { get; init; }
    public string? Error { get; init; }
}
