using HealingWorkers.Jobs.Options;

namespace HealingWorkers.Jobs.Healing;

/// <summary>What a healer may do, from the configuration and the command line.</summary>
public sealed record HealerSettings
{
    public HealingMode Mode { get; init; } = HealingMode.Heal;
    public bool SnapshotBeforeRepair { get; init; } = true;
    /// <summary>More rows than these wait for approval.</summary>
    public int MaxRowsPerRepair { get; init; } = 1000;
    public SnapshotOptions Snapshots { get; init; } = new();
    public RehearsalOptions Rehearsal { get; init; } = new() { Rule = RehearsalRule.Never };
    /// <summary>Where PostgreSQL's programs are; empty: looked for.</summary>
    public string Programs { get; init; } = "";
    public TimeSpan KeepSnapshots { get; init; } = TimeSpan.FromDays(14);
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(30);
    /// <summary>In the foreground nobody waits for a window.</summary>
    public bool NeverWait { get; init; }
    public bool ApproveAll { get; init; }
    /// <summary>Created before a repair is proven, where what was repaired kept them out. Workers create none: they have no right to.</summary>
    public IReadOnlyList<string> Extensions { get; init; } = [];
    /// <summary>Put off this long in all, an incident escalates.</summary>
    public TimeSpan LongestDeferral { get; init; } = TimeSpan.FromDays(1);
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromSeconds(5);
    public TimeSpan LongestPause { get; init; } = TimeSpan.FromMinutes(10);
    /// <summary>A finding younger than this is believed without a second look.</summary>
    public TimeSpan Fresh { get; init; } = TimeSpan.FromMinutes(10);
    public TimeSpan LockPatience { get; init; } = TimeSpan.FromSeconds(5);

    public static HealerSettings Of(HealingOptions options) => new()
    {
        Mode = options.Mode,
        SnapshotBeforeRepair = options.AutoHealing.SnapshotBeforeRepair,
        MaxRowsPerRepair = options.AutoHealing.MaxRowsPerRepair,
        Snapshots = options.Snapshots,
        Rehearsal = options.Rehearsal,
        Programs = options.Control.PostgresDirectory,
        KeepSnapshots = options.Retention.Snapshots,
        Lease = options.Worker.Lease,
    };

    public TimeSpan Pause(int before) => TimeSpan.FromTicks(Math.Min(LongestPause.Ticks, FirstPause.Ticks << Math.Min(before, 20)));
}
