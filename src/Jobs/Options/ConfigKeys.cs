using static HealingWorkers.Jobs.Options.ConfigType;

namespace HealingWorkers.Jobs.Options;

/// <summary>Every key there is.</summary>
public static class ConfigKeys
{
    private const string Healing = "database.auto_healing.";
    private const string Target = "targets[].";
    private static readonly ConfigType Span = Duration(TimeSpan.FromSeconds(1), TimeSpan.FromDays(1));
    private static readonly ConfigType Age = Duration(TimeSpan.FromHours(1), TimeSpan.FromDays(3650));

    /// <summary>A list comes after the one that it lies in.</summary>
    public static readonly IReadOnlyList<ConfigList> Lists = [ConfigList.Of<HealingOptions, TargetOptions>("targets[]", o => o.Targets), .. RuleKeys.Lists, .. StandbyKeys.Lists, .. AlertKeys.Lists];

    public static readonly IReadOnlyList<ConfigKey> All =
    [
        Key("state_directory", ConfigType.Path, ".healing", "Where the embedded store, snapshots and forensics are kept; under root the default is /var/lib/healing, since the server's user must reach it.", (o, v) => o.StateDirectory = (string)v!),
        Key("mode", Choice<HealingMode>(), "heal", "What is done about damage: observe looks and tells and repairs nothing.", (o, v) => o.Mode = (HealingMode)v!),

        Secret("control.connection", Connection, "", "The control database, which holds the ledger and the job store. Empty: a private embedded PostgreSQL under state_directory.", (o, v) => o.Control.Connection = (string)v!),
        Key("control.postgres_directory", ConfigType.Path, "", "Where initdb and postgres of the embedded PostgreSQL are; empty looks for them (pg_config, /usr/lib/postgresql, PATH).", (o, v) => o.Control.PostgresDirectory = (string)v!),
        Key("control.migration_revision", Revision, "", "Holds the ledger at an older revision, for a rollback; empty is the newest.", (o, v) => o.Control.MigrationRevision = (int?)v),

        Key("worker.count", Number(1, 64), "3", "Worker processes that `healing up` starts.", (o, v) => o.Worker.Count = (int)v!),
        Key("worker.concurrency", Number(1, 64), "4", "Jobs at once in each worker.", (o, v) => o.Worker.Concurrency = (int)v!),
        Key("worker.drain", Span, "30s", "How long a stopping worker waits for the jobs in hand.", (o, v) => o.Worker.Drain = (TimeSpan)v!),
        Key("worker.lease", Duration(TimeSpan.FromSeconds(3), TimeSpan.FromMinutes(10)), "30s", "How long a silent worker keeps what it holds; a sixth of it is the heartbeat.", (o, v) => o.Worker.Lease = (TimeSpan)v!),
        Key("worker.metrics_listen", Listen, "", "Where a worker without the dashboard serves its own metrics; further workers of the machine take the ports after it; empty is nowhere.", (o, v) => o.Worker.MetricsListen = (string)v!),

        .. HttpKeys.All,

        Key(Healing + "enabled", Flag, "true", "false stops all recurring jobs.", (o, v) => o.AutoHealing.Enabled = (bool)v!),
        Key(Healing + "health_check_interval", Recurrence, "10m", "How often db.health_check runs.", (o, v) => o.AutoHealing.HealthCheckInterval = (string)v!),
        Key(Healing + "index_check_interval", Recurrence, "1w", "How often db.index_check runs.", (o, v) => o.AutoHealing.IndexCheckInterval = (string)v!),
        Key(Healing + "orphan_cleanup_interval", Recurrence, "1d", "How often db.orphan_cleanup runs.", (o, v) => o.AutoHealing.OrphanCleanupInterval = (string)v!),
        Key(Healing + "snapshot_before_repair", Flag, "true", "Whether a repair needs a snapshot; false is written into every receipt.", (o, v) => o.AutoHealing.SnapshotBeforeRepair = (bool)v!),
        Key(Healing + "max_auto_repair_attempts", Number(1, 20), "3", "Attempts an incident, crashes counted, before a person is called.", (o, v) => o.AutoHealing.MaxAutoRepairAttempts = (int)v!),
        Key(Healing + "max_rows_per_repair", Number(0, 1_000_000_000), "1000", "Rows that one repair may take to quarantine by itself, those included that foreign keys take along; more waits for approval.", (o, v) => o.AutoHealing.MaxRowsPerRepair = (int)v!),
        Key(Healing + "alert_on_failure", Flag, "true", "Whether a failed attempt of a repair is told to a person. What waits for a person (approval_wanted, escalated) is told in any case.", (o, v) => o.AutoHealing.AlertOnFailure = (bool)v!),
        Key(Healing + "impact", Choice<Impact>(), "low", "The budget of checks and repairs.", (o, v) => o.AutoHealing.Impact = (Impact)v!),

        Key("snapshots.base_backup", Choice<BaseBackupRule>(), "when_possible", "Whether a copy of the whole server is taken before a repair of class quarantining or manual; required: without one there is no such repair.", (o, v) => o.Snapshots.BaseBackup = (BaseBackupRule)v!),
        Key("snapshots.base_backup_up_to", Size, "20GB", "A larger server is not copied.", (o, v) => o.Snapshots.BaseBackupUpTo = (long)v!),
        Key("snapshots.share_for", Duration(TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)), "1h", "How long later incidents of the same server share a copy.", (o, v) => o.Snapshots.ShareFor = (TimeSpan)v!),

        Key("retention.snapshots", Age, "14d", "How long snapshots are kept.", (o, v) => o.Retention.Snapshots = (TimeSpan)v!),
        Key("retention.quarantine", Duration(TimeSpan.FromDays(30), TimeSpan.FromDays(3650)), "90d", "How long quarantined rows are kept after their incident is over; never less than 30d, so that a person has time to miss them.", (o, v) => o.Retention.Quarantine = (TimeSpan)v!),
        Key("retention.job_history", Age, "90d", "How long ended job runs are kept.", (o, v) => o.Retention.JobHistory = (TimeSpan)v!),
        Key("retention.metrics", Age, "1d", "How long samples are kept.", (o, v) => o.Retention.Metrics = (TimeSpan)v!),
        Later("scrub", "", "The full re-read of data files."),

        Of(Target + "name", Text, null, "What the target is called; one name is one target.", (t, v) => t.Name = (string)v!),
        Of(Target + "connection", Connection, null, "How the target is reached. More hosts are separated by commas.", (t, v) => t.Connection = (string)v!) with { MayBeFile = true },
        Of(Target + "mode", Optional(Choice<HealingMode>()), "", "This target's own mode; empty is the global one.", (t, v) => t.Mode = (HealingMode?)v),
        Of(Target + "connections.check", Connection, "", "The role that only detects; empty is connection.", (t, v) => t.Connections.Check = (string)v!) with { MayBeFile = true },
        Of(Target + "connections.repair", Connection, "", "The role that repairs; empty is connection.", (t, v) => t.Connections.Repair = (string)v!) with { MayBeFile = true },
        Of(Target + "connections.surgery", Connection, "", "The role for repairs that work on single row versions (group healing_surgery); empty is connections.repair.", (t, v) => t.Connections.Surgery = (string)v!) with { MayBeFile = true },
        Of(Target + "data_directory", ConfigType.Path, "", "The server's data directory as seen from here: file snapshots, reading past the cache, and, in a maintenance window, a copy of the stopped server where the repair stops it anyway, or its role may not copy it while it runs.", (t, v) => t.DataDirectory = (string)v!),
        Of(Target + "demonstration", Flag, "false", "A target that is damaged on purpose: a third incident of one object does not point at the hardware.", (t, v) => t.Demonstration = (bool)v!),
        Of(Target + "maintenance_window", Window, "", "When locking repairs may run; days like Sat,Sun, or none for every day.", (t, v) => t.MaintenanceWindow = (string)v!),
        Of(Target + "critical_indexes[]", Text, "", "Indexes that every health check looks at; empty is primary keys in rotation.", (t, v) => t.CriticalIndexes.Add((string)v!)),
        Policy("lossless-online", "is auto"),
        Policy("lossless-locking", "waits for the window, or for approval where there is none; a quarantining repair that keeps writers out (of duplicates) is held by the stricter of both"),
        Policy("quarantining", "is auto up to max_rows_per_repair where opted in, else approve"),
        .. StandbyKeys.All,
        .. RuleKeys.All,

        .. BackupKeys.All,
        .. SampleKeys.All,
        .. AlertKeys.All,
    ];

    private static ConfigKey Key(string path, ConfigType type, string? initial, string description, Action<HealingOptions, object?> bind) =>
        new(path, type, initial, description, (o, v) => bind((HealingOptions)o, v));

    private static ConfigKey Secret(string path, ConfigType type, string? initial, string description, Action<HealingOptions, object?> bind) =>
        Key(path, type, initial, description, bind) with { MayBeFile = true };

    private static ConfigKey Of(string path, ConfigType type, string? initial, string description, Action<TargetOptions, object?> bind) =>
        new(path, type, initial, description, (t, v) => bind((TargetOptions)t, v));

    private static ConfigKey Policy(string risk, string unset) =>
        Of($"{Target}policy.{risk}", Choice<RepairPolicy>(), "", $"What is done with {risk} repairs of this target; unset {unset}.", (t, v) => t.Policy[risk] = (RepairPolicy)v!);

    private static ConfigKey Later(string path, string initial, string description) => new(path, Text, initial, description, null);
}
