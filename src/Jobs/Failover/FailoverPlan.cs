using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Failover;

/// <summary>What a promotion would meet.</summary>
public sealed record FailoverPlan
{
    public required string Target { get; init; }
    public required StandbyLook Standby { get; init; }
    /// <summary>Why it is refused; empty: it may go on.</summary>
    public required IReadOnlyList<string> Refusals { get; init; }
    /// <summary>Worth knowing before it is done.</summary>
    public required IReadOnlyList<string> Told { get; init; }
    /// <summary>Why the old primary may still live: the fence must cut it off first. Null: it is known to take no writes.</summary>
    public string? Unfenced { get; init; }
    /// <summary>What is known of WAL that this standby does not have.</summary>
    public required LostWal Lost { get; init; }
    internal FailoverTarget Known { get; init; } = null!;
    internal FailoverRow? InHand { get; init; }
}

/// <param name="Bytes">Null: not known.</param>
/// <param name="Said">In words, with what it is known from.</param>
public sealed record LostWal(long? Bytes, string Said)
{
    public string? PrimaryLsn { get; init; }
    public DateTimeOffset? AskedAt { get; init; }
    /// <summary>It was the standby that commits wait for.</summary>
    public bool Synchronous { get; init; }
}
