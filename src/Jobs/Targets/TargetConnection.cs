using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Options;
using Npgsql;

namespace HealingWorkers.Jobs.Targets;

/// <summary>
/// What the sessions of a target are given at their start. As start-up options they are the session's own defaults,
/// so that no pool reset takes them away.
/// </summary>
public static class TargetConnection
{
    public const string RepairApplication = "healing repair";
    private const string CheckApplication = "healing check";

    public static NpgsqlConnectionStringBuilder ForChecks(TargetOptions target)
    {
        var settings = Parse(target, target.Connections.Check);
        settings.ApplicationName = CheckApplication;
        settings.Options = With(settings.Options,
            $"{SearchPath.Ours} -c default_transaction_read_only=on -c statement_timeout=4h -c lock_timeout=2s -c idle_in_transaction_session_timeout=20s");
        settings.CommandTimeout = 0;
        // a check that rests is not gone
        settings.KeepAlive = settings.ShouldSerialize("Keepalive") ? settings.KeepAlive : 30;
        settings.MaxPoolSize = Math.Min(settings.MaxPoolSize, 20);
        KeepNoneIdle(settings);
        return settings;
    }

    public static NpgsqlConnectionStringBuilder ForRepairs(TargetOptions target) => ForWork(target, target.Connections.Repair);

    /// <summary>Fenced in the same way, under a role that may do more.</summary>
    public static NpgsqlConnectionStringBuilder ForSurgery(TargetOptions target) =>
        ForWork(target, string.IsNullOrEmpty(target.Connections.Surgery) ? target.Connections.Repair : target.Connections.Surgery);

    private static NpgsqlConnectionStringBuilder ForWork(TargetOptions target, string special)
    {
        var settings = Parse(target, special);
        settings.ApplicationName = RepairApplication;
        settings.Options = With(settings.Options,
            $"{SearchPath.Ours} -c default_transaction_read_only=off -c client_connection_check_interval=2s -c lock_timeout=2s -c statement_timeout=1d -c idle_in_transaction_session_timeout=10min");
        settings.CommandTimeout = 0;
        settings.Pooling = false;
        // which row it was that a key or a check objects to
        settings.IncludeErrorDetail = true;
        settings.KeepAlive = 10;
        // a repair sends the same questions with each of its batches, and planning them costs more than answering
        settings.MaxAutoPrepare = 40;
        settings.AutoPrepareMinUsages = 2;
        if (settings.Host?.Contains(',', StringComparison.Ordinal) == true)
        {
            settings.TargetSessionAttributes = "primary";
        }
        return settings;
    }

    /// <summary>
    /// A check wants its next session at once or in ten minutes. A thousand databases on one server that each kept one
    /// in between would leave their owners none.
    /// </summary>
    private static void KeepNoneIdle(NpgsqlConnectionStringBuilder settings)
    {
        // the one may not be longer than the other, so that who says one of them says both
        if (!settings.ShouldSerialize("Connection Idle Lifetime") && !settings.ShouldSerialize("Connection Pruning Interval"))
        {
            (settings.ConnectionIdleLifetime, settings.ConnectionPruningInterval) = (10, 5);
        }
    }

    private static string With(string? own, string ours) => string.IsNullOrEmpty(own) ? ours : $"{own} {ours}";

    private static NpgsqlConnectionStringBuilder Parse(TargetOptions target, string special)
    {
        try
        {
            var settings = new NpgsqlConnectionStringBuilder(string.IsNullOrEmpty(special) ? target.Connection : special) { Multiplexing = false, SearchPath = null };
            // an answer like "index corrupted" makes the driver believe its host to be down, and it must be asked on
            settings.HostRecheckSeconds = 0;
            settings.Timeout = settings.ShouldSerialize("Timeout") ? Math.Clamp(settings.Timeout, 1, 300) : 10;
            return string.IsNullOrEmpty(settings.Host) ? throw Unusable(target) : settings;
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            // what the parser says may repeat what it could not read, a password among it
            throw Unusable(target);
        }
    }

    private static HealingException Unusable(TargetOptions target) => new(
        $"the connection string of target {target.Name} cannot be used",
        "Write it as \"Host=...;Port=5432;Database=...;Username=...;Password=...\".");
}
