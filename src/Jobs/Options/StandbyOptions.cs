namespace HealingWorkers.Jobs.Options;

/// <summary>A standby of a target: watched, compared, and who may be promoted.</summary>
public sealed class StandbyOptions
{
    public string Name { get; set; } = "";
    public string Connection { get; set; } = "";
    /// <summary>Its PGDATA as seen from here; optional.</summary>
    public string DataDirectory { get; set; } = "";
}

/// <summary>What a promotion by hand is held to.</summary>
public sealed class FailoverOptions
{
    /// <summary>Bytes of WAL that a standby may be behind.</summary>
    public long LagUpTo { get; set; } = 16L << 20;
    /// <summary>A command that cuts the old primary off and exits with 0 only when it is certain.</summary>
    public string Fence { get; set; } = "";
    public TimeSpan FenceTimeout { get; set; } = TimeSpan.FromSeconds(30);
}

/// <summary>What follows a new address or a new secret.</summary>
public sealed class RotationOptions
{
    /// <summary>Written atomically with the connection string that holds from now on.</summary>
    public string ConnectionFile { get; set; } = "";
    /// <summary>pgbouncer.ini whose database line is rewritten.</summary>
    public string PgbouncerIni { get; set; } = "";
    /// <summary>pgbouncer's own console (Database=pgbouncer), where RELOAD is said.</summary>
    public string Pgbouncer { get; set; } = "";
    public string Hook { get; set; } = "";
    /// <summary>Polled until it answers 200; empty: our own look at the target.</summary>
    public string Health { get; set; } = "";
    public TimeSpan Patience { get; set; } = TimeSpan.FromMinutes(1);
}

/// <summary>What is done to a target while critical corruption of it is open.</summary>
public enum Protection { None, ReadOnly }
