namespace HealingWorkers.Jobs.Checks;

/// <summary>From where on age is told.</summary>
public sealed record AgeLimits
{
    /// <summary>Half of what there is; a server that is told to freeze later than that is left to do so first.</summary>
    public long Xids { get; init; } = 1_000_000_000;
    /// <summary>From here on the server itself vacuums without regard for anything else.</summary>
    public long CriticalXids { get; init; } = 1_600_000_000;
    public long SlotXids { get; init; } = 100_000_000;
    public long SlotBytes { get; init; } = 16L << 30;
    public TimeSpan Prepared { get; init; } = TimeSpan.FromHours(1);
}
