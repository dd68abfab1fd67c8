using Dapper;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using Npgsql;

namespace HealingWorkers.Jobs.Healing;

/// <summary>Server backends of repairs: one's own, and that of a predecessor, which outlives the process that started it.</summary>
public static class Backends
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    public static async Task<Backend> OwnAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        var (pid, start) = await connection.QuerySingleAsync<(int, DateTime)>(new CommandDefinition(Sql.Of<IncidentHealer>("own_backend"), cancellationToken: cancel)).ConfigureAwait(false);
        return new(pid, start);
    }

    /// <summary>Ends a predecessor's backend and waits until it is gone. Nothing may be touched before.</summary>
    public static async Task EndAsync(NpgsqlConnection connection, Backend backend, TimeProvider clock, CancellationToken cancel)
    {
        var began = clock.GetTimestamp();
        for (var asked = 0; await LivesAsync(connection, backend, cancel).ConfigureAwait(false); asked++)
        {
            if (clock.GetElapsedTime(began) > Patience)
            {
                throw new HealingException($"the backend {backend.Pid} of an earlier repair does not end", "See what it waits for in pg_stat_activity; nothing is repaired beside it.");
            }
            if (asked % 20 == 0)
            {
                await TerminateAsync(connection, backend, cancel).ConfigureAwait(false);
            }
            await Task.Delay(Pause, clock, cancel).ConfigureAwait(false);
        }
    }

    public static Task<bool> IsBuildingAsync(NpgsqlConnection connection, int pid, CancellationToken cancel) =>
        connection.ExecuteScalarAsync<bool>(new CommandDefinition(Sql.Of<IncidentHealer>("building"), new { pid }, cancellationToken: cancel));

    private static Task<bool> LivesAsync(NpgsqlConnection connection, Backend backend, CancellationToken cancel) =>
        connection.ExecuteScalarAsync<bool>(new CommandDefinition(Sql.Of<IncidentHealer>("backend_lives"), Arguments(backend), cancellationToken: cancel));

    private static async Task TerminateAsync(NpgsqlConnection connection, Backend backend, CancellationToken cancel)
    {
        try
        {
            await connection.ExecuteAsync(new CommandDefinition(Sql.Of<IncidentHealer>("terminate_backend"), Arguments(backend), cancellationToken: cancel)).ConfigureAwait(false);
        }
        catch (PostgresException e) when (e.SqlState == SqlState.InsufficientPrivilege)
        {
            throw new HealingException($"the backend {backend.Pid} of an earlier repair still runs and this role may not end it: {e.MessageText}",
                "Repair with one role from all workers, or GRANT pg_signal_backend and pg_read_all_stats to it.", e);
        }
    }

    private static object Arguments(Backend backend) => new { pid = backend.Pid, start = DateTime.SpecifyKind(backend.Start, DateTimeKind.Utc) };
}
