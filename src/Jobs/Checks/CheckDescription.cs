namespace HealingWorkers.Jobs.Checks;

/// <summary>What a check says of itself; `healing check --list` and the docs are made from it.</summary>
/// <param name="Schedule">The recurring job it belongs to: db.health_check, db.index_check or db.orphan_cleanup.</param>
public sealed record CheckDescription(
    string Name,
    string Summary,
    string Schedule,
    string Cost,
    string Locks,
    string Needs,
    string CannotSee,
    IReadOnlyList<Findings.FindingKind> Kinds)
{
    /// <summary>The first version of PostgreSQL that it can run on.</summary>
    public int FirstMajor { get; init; } = 14;
    public CheckReach Reach { get; init; } = CheckReach.Database;
    /// <summary>Where it may run; elsewhere it is unavailable and says why.</summary>
    public Ground Ground { get; init; } = Ground.Live;
    /// <summary>Whether it says something of a standby too, where it is then run with the weekly look at the primary.</summary>
    public bool OnStandby { get; init; }
}

/// <summary>Whether one run looks at the whole database, or can be shared out by table.</summary>
public enum CheckReach { Database, Table }

/// <summary>What kind of server a check runs on, from the most to the least delicate.</summary>
public enum Ground
{
    /// <summary>Others work on it.</summary>
    Live,

    /// <summary>Others work on it, and agreed to wait: the maintenance window is open.</summary>
    Window,

    /// <summary>A disposable copy: it may be locked, and it may crash or hang.</summary>
    Clone,
}
