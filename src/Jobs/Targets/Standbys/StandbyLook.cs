namespace HealingWorkers.Jobs.Targets;

/// <summary>How a configured standby was at a look.</summary>
public sealed record StandbyLook
{
    public required string Name { get; init; }
    /// <summary>Why it could not be asked; then the rest is not known.</summary>
    public string? Problem { get; init; }
    public bool InRecovery { get; init; }
    public string? SystemIdentifier { get; init; }
    public int? Timeline { get; init; }
    public bool ReplayPaused { get; init; }
    public bool Receiving { get; init; }
    public bool FromArchive { get; init; }
    public string? Slot { get; init; }
    /// <summary>On the primary: active | unused | lost | missing; null where it uses none or nobody could be asked.</summary>
    public string? SlotState { get; init; }
    /// <summary>What the primary takes it for: sync | quorum | potential | async.</summary>
    public string? Sync { get; init; }
    /// <summary>It is the very server that the target's connection leads to: it was promoted, and the configuration does not know yet.</summary>
    public bool IsPrimary { get; init; }
    /// <summary>When the server was started, to the microsecond.</summary>
    public DateTime? Started { get; init; }
    /// <summary>The primary sends to it, or to somebody of whom nobody can tell who it is.</summary>
    public bool MayBeSentTo { get; init; }
    /// <summary>The name it gives itself where nothing else is said: cluster_name.</summary>
    public string? Cluster { get; init; }
    public string? ReceivedLsn { get; init; }
    public string? ReplayedLsn { get; init; }
    /// <summary>WAL of the primary that is not replayed here.</summary>
    public long? LagBytes { get; init; }
    /// <summary>WAL of the primary that has not even arrived here: what a promotion would lose.</summary>
    public long? MissingBytes { get; init; }
    public double? LagSeconds { get; init; }
    /// <summary>Of the primary, asked just before; null where it could not be asked.</summary>
    public string? PrimaryLsn { get; init; }
    public int? PrimaryTimeline { get; init; }
    public string? PrimarySystem { get; init; }
}
