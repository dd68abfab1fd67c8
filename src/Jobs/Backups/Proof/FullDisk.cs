using HealingWorkers.Jobs.Errors;
using Npgsql;

namespace HealingWorkers.Jobs.Backups;

/// <summary>Whether it is the disk of this host that is full, which says nothing of any backup.</summary>
internal static class FullDisk
{
    private const int Code = 28;
    private const string NoSpace = "No space left on device";

    /// <summary>Also where a program or the restored server says so: both speak English here.</summary>
    public static bool IsBehind(Exception e) => e switch
    {
        PostgresException { SqlState: SqlState.DiskFull } => true,
        IOException full when (full.HResult & 0xFFFF) == Code => true,
        HealingException or NpgsqlException or IOException => e.Message.Contains(NoSpace, StringComparison.Ordinal) || (e.InnerException is { } inner && IsBehind(inner)),
        _ => false,
    };
}
