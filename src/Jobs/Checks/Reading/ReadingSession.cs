using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>The server's end of a session that reads: known by pid and start, looked at and ended from another session.</summary>
internal sealed record ReadingSession(int Pid, DateTime Start)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestStall = TimeSpan.FromMinutes(5);

    public static async Task<ReadingSession> OfAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(Sql.Of<ICheck>("reading_session"), connection);
        await using var row = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        await row.ReadAsync(cancel).ConfigureAwait(false);
        return new(row.GetInt32(0), row.GetDateTime(1));
    }

    /// <summary>True when it still works on something.</summary>
    public async Task<bool> IsActiveAsync(NpgsqlConnection other, CancellationToken cancel) =>
        await AskAsync("reading_active", other, cancel).ConfigureAwait(false) is true;

    /// <summary>False when it is still active when patience ends. A disk that stalls lets nobody be called back, whatever is read, and is waited for longer.</summary>
    public async Task<bool> EndsAsync(NpgsqlConnection other, TimeSpan patience, TimeProvider clock, CancellationToken cancel)
    {
        for (var began = clock.GetTimestamp(); await IsActiveAsync(other, cancel).ConfigureAwait(false);)
        {
            var waited = clock.GetElapsedTime(began);
            if (waited > patience && (waited > LongestStall || await AskAsync("reading_at_disk", other, cancel).ConfigureAwait(false) is not true))
            {
                return false;
            }
            await Task.Delay(Pause, clock, cancel).ConfigureAwait(false);
        }
        return true;
    }

    /// <summary>Null when it ended; else what it goes on as.</summary>
    public async Task<string?> TerminateAsync(NpgsqlConnection other, TimeSpan patience, TimeProvider clock, CancellationToken cancel)
    {
        try
        {
            await AskAsync("reading_terminate", other, cancel).ConfigureAwait(false);
        }
        catch (PostgresException e) when (e.SqlState == SqlState.InsufficientPrivilege)
        {
            return $"may not be ended by this role ({e.MessageText})";
        }
        return await EndsAsync(other, patience, clock, cancel).ConfigureAwait(false) ? null : "ignores pg_terminate_backend too";
    }

    /// <summary>True when the server went down since this session began, and came back.</summary>
    public async Task<bool> IsBeforeRestartAsync(NpgsqlConnection other, CancellationToken cancel) =>
        await AskAsync("restarted_since", other, cancel).ConfigureAwait(false) is true;

    /// <summary>True when the whole server was started anew since.</summary>
    public async Task<bool> IsBeforeStartAsync(NpgsqlConnection other, CancellationToken cancel) =>
        await AskAsync("started_since", other, cancel).ConfigureAwait(false) is true;

    private async Task<object?> AskAsync(string query, NpgsqlConnection other, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(Sql.Of<ICheck>(query), other) { Parameters = { new("pid", Pid), new("start", DateTime.SpecifyKind(Start, DateTimeKind.Utc)) } };
        return await command.ExecuteScalarAsync(cancel).ConfigureAwait(false);
    }
}
