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
    /// <summary>Null: nothing speaks against it. What cannot be reached counts as alive, unless a fence cuts it off.</summary>
    public string? Against(bool fence)
    {
        var said = Unfenced is null || fence ? Refusals : [.. Refusals, $"{Unfenced}: a primary that cannot be reached counts as alive, and no fence is configured"];
        return said.Count == 0 ? null : string.Join("; ", said);
    }

    /// <summary>Addresses where the old primary may be, for the fence.</summary>
    internal IReadOnlyList<string> Suspects { get; init; } = [];
    internal FailoverTarget Known { get; init; } = null!;
    /// <summary>A promotion of another standby, which was told to promote and cannot be reached any more: it is a primary too, for all that is known.</summary>
    internal FailoverRow? Gone { get; init; }
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
