using static HealingWorkers.Jobs.Options.ConfigType;

namespace HealingWorkers.Jobs.Options;

/// <summary>The keys of standbys, promotion and rotation.</summary>
internal static class StandbyKeys
{
    private const string Target = "targets[].";
    private const string Standbys = Target + "standbys[]";

    public static readonly IReadOnlyList<ConfigList> Lists = [ConfigList.Of<TargetOptions, StandbyOptions>(Standbys, t => t.Standbys)];

    public static readonly IReadOnlyList<ConfigKey> All =
    [
        Standby("name", Text, null, "What the standby is called.", (s, v) => s.Name = (string)v!),
        Standby("connection", Connection, null, "How it is reached, and nothing else.", (s, v) => s.Connection = (string)v!) with { MayBeFile = true },
        Standby("data_directory", ConfigType.Path, "", "Its data directory as seen from here.", (s, v) => s.DataDirectory = (string)v!),

        Of("failover.lag_up_to", Size, "16MB", "How much WAL a standby may be behind to be promoted.", (t, v) => t.Failover.LagUpTo = (long)v!),
        Of("failover.fence", Text, "", "A command that cuts the old primary off; it exits with 0 only when it is certain. Without it, a primary that cannot be reached counts as alive.", (t, v) => t.Failover.Fence = (string)v!),
        Of("failover.fence_timeout", Duration(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10)), "30s", "How long it may take.", (t, v) => t.Failover.FenceTimeout = (TimeSpan)v!),

        Of("rotation.connection_file", ConfigType.Path, "", "A file that always holds the connection string to be used; written atomically.", (t, v) => t.Rotation.ConnectionFile = (string)v!),
        Of("rotation.pgbouncer_ini", ConfigType.Path, "", "pgbouncer's configuration, whose line for the database is rewritten.", (t, v) => t.Rotation.PgbouncerIni = (string)v!),
        Of("rotation.pgbouncer", Connection, "", "pgbouncer's console (Database=pgbouncer), which is told to reload.", (t, v) => t.Rotation.Pgbouncer = (string)v!) with { MayBeFile = true },
        Of("rotation.hook", Text, "", "A command that is run when all of that is written.", (t, v) => t.Rotation.Hook = (string)v!),
        Of("rotation.health", WebPage, "", "An address that answers 200 when the rotation holds; empty is our own look at the target.", (t, v) => t.Rotation.Health = (string)v!),
        Of("rotation.patience", Duration(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(30)), "1m", "How long that may take.", (t, v) => t.Rotation.Patience = (TimeSpan)v!),

        Of("protect", Choice<Protection>(), "none", "Whether writes are stopped while critical corruption is open.", (t, v) => t.Protect = (Protection)v!),
    ];

    private static ConfigKey Of(string key, ConfigType type, string initial, string description, Action<TargetOptions, object?> bind) =>
        new(Target + key, type, initial, description, (t, v) => bind((TargetOptions)t, v));

    private static ConfigKey Standby(string key, ConfigType type, string? initial, string description, Action<StandbyOptions, object?> bind) =>
        new($"{Standbys}.{key}", type, initial, description, (s, v) => bind((StandbyOptions)s, v));
}
