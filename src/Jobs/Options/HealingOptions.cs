namespace HealingWorkers.Jobs.Options;

/// <summary>All configuration, as read from healing.yaml, the environment and the command line.</summary>
public sealed class HealingOptions
{
    public string StateDirectory { get; set; } = ".healing";
    public HealingMode Mode { get; set; } = HealingMode.Heal;
    public ControlOptions Control { get; set; } = new();
    public WorkerOptions Worker { get; set; } = new();
    public HttpOptions Http { get; set; } = new();
    public AutoHealingOptions AutoHealing { get; set; } = new();
    public RetentionOptions Retention { get; set; } = new();
    public SampleOptions Samples { get; set; } = new();
    public SnapshotOptions Snapshots { get; set; } = new();
    public BackupOptions Backups { get; set; } = new();
    public RehearsalOptions Rehearsal { get; set; } = new();
    public AlertOptions Alerts { get; set; } = new();
    public IList<TargetOptions> Targets { get; set; } = [];
}

public enum HealingMode { Observe, Heal }

public sealed class ControlOptions
{
    /// <summary>Empty: a private embedded PostgreSQL under the state directory.</summary>
    public string Connection { get; set; } = "";
    /// <summary>Where the embedded server's programs are; empty: looked for.</summary>
    public string PostgresDirectory { get; set; } = "";
    public int? MigrationRevision { get; set; }
}

public sealed class WorkerOptions
{
    public int Count { get; set; } = 3;
    public int Concurrency { get; set; } = 4;
    public TimeSpan Drain { get; set; } = TimeSpan.FromSeconds(30);
    public string MetricsListen { get; set; } = "";
    /// <summary>How long a silent holder keeps a lease; a heartbeat renews it every sixth of that.</summary>
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(30);
}


public sealed class AutoHealingOptions
{
    public bool Enabled { get; set; } = true;
    public string HealthCheckInterval { get; set; } = "10m";
    public string IndexCheckInterval { get; set; } = "1w";
    public string OrphanCleanupInterval { get; set; } = "1d";
    public bool SnapshotBeforeRepair { get; set; } = true;
    public int MaxAutoRepairAttempts { get; set; } = 3;
    public int MaxRowsPerRepair { get; set; } = 1000;
    public bool AlertOnFailure { get; set; } = true;
    public Impact Impact { get; set; } = Impact.Low;
}

public enum Impact { Low, Normal, High }

public sealed class RetentionOptions
{
    public TimeSpan Snapshots { get; set; } = TimeSpan.FromDays(14);
    public TimeSpan Quarantine { get; set; } = TimeSpan.FromDays(90);
    public TimeSpan JobHistory { get; set; } = TimeSpan.FromDays(90);
    public TimeSpan Metrics { get; set; } = TimeSpan.FromDays(1);
}

public sealed class SnapshotOptions
{
    public BaseBackupRule BaseBackup { get; set; } = BaseBackupRule.WhenPossible;
    public long BaseBackupUpTo { get; set; } = 20L << 30;
    public TimeSpan ShareFor { get; set; } = TimeSpan.FromHours(1);
}

/// <summary>Whether a copy of the whole server is taken before a repair that may change rows.</summary>
public enum BaseBackupRule { Required, WhenPossible, Never }

public sealed class TargetOptions
{
    public string Name { get; set; } = "";
    public string Connection { get; set; } = "";
    public HealingMode? Mode { get; set; }
    public TargetConnectionsOptions Connections { get; set; } = new();
    public TargetFiles ConnectionFiles { get; set; } = new();
    public string DataDirectory { get; set; } = "";
    /// <summary>Broken on purpose: that it breaks again and again says nothing about the hardware.</summary>
    public bool Demonstration { get; set; }
    public string MaintenanceWindow { get; set; } = "";
    public IList<string> CriticalIndexes { get; set; } = [];
    /// <summary>Risk class (as the command line prints it) to policy.</summary>
    public IDictionary<string, RepairPolicy> Policy { get; set; } = new Dictionary<string, RepairPolicy>(StringComparer.Ordinal);
    public RulesOptions Rules { get; set; } = new();
    public IList<StandbyOptions> Standbys { get; set; } = [];
    public FailoverOptions Failover { get; set; } = new();
    public RotationOptions Rotation { get; set; } = new();
    public Protection Protect { get; set; }
    /// <summary>Null: as `backups.provider` says.</summary>
    public BackupProvider? Backup { get; set; }
    /// <summary>Null: as `rehearsal` says.</summary>
    public bool? Rehearse { get; set; }
}

public sealed class TargetConnectionsOptions
{
    public string Check { get; set; } = "";
    public string Repair { get; set; } = "";
    /// <summary>For what goes beside the server's own statements; empty is that of repairs.</summary>
    public string Surgery { get; set; } = "";
}

/// <summary>From the laxest to the strictest.</summary>
public enum RepairPolicy { Auto, Window, Approve, Never }
