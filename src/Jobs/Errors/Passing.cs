using Npgsql;

namespace HealingWorkers.Jobs.Errors;

/// <summary>Whether what went wrong goes away by itself: a database was away, had no room for another session, or ended one while this machine stood still.</summary>
public static class Passing
{
    public static bool Is(Exception e) => (e as NpgsqlException ?? e.InnerException as NpgsqlException) is { IsTransient: true } or PostgresException { SqlState: SqlState.IdleInTransaction };
}
