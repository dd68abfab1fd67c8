namespace HealingWorkers.Jobs.Schedule;

/// <summary>The names that jobs are known by: in the ledger, in the engine and on the command line.</summary>
public static class JobNames
{
    public const string HealthCheck = "db.health_check";
    public const string IndexCheck = "db.index_check";
    public const string IndexCheckTable = "db.index_check.table";
    public const string IndexCheckDatabase = "db.index_check.database";
    public const string IndexCheckWindow = "db.index_check.window";
    public const string OrphanCleanup = "db.orphan_cleanup";
    public const string Backup = "db.backup";
    public const string RestoreTest = "db.restore_test";
    public const string Repair = "repair";
    public const string Undo = "undo";

    /// <summary>Those with a schedule, which `healing trigger` takes.</summary>
    public static readonly IReadOnlyList<string> Recurring = [HealthCheck, IndexCheck, OrphanCleanup, Backup, RestoreTest];

    /// <summary>Those that come in hundreds for one target: only a few run on it at once, and whoever ends one takes up the next.</summary>
    public static readonly IReadOnlyList<string> InLanes = [IndexCheckTable];

    public static string RecurringId(string job, string target) => $"{job}:{target}";
}
