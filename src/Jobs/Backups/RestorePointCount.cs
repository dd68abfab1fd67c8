using System.Globalization;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Backups;

/// <summary>
/// Counts the rows of a server at a restore point. The numbers are exact only when no transaction wrote from the moment that the
/// snapshots were taken until after the point was in the WAL; for that a quiet moment is waited for, and where there is none it is said.
/// </summary>
internal sealed class RestorePointCount(Target target, NpgsqlConnection session, Action<string> say)
{
    private const int Tries = 20;
    private const int MostDatabases = 50;
    /// <summary>A standby makes none.</summary>
    private const string NotNow = "55000";
    private const string NoSuchName = "22023";
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <param name="countUpTo">A larger server gets the point, and nothing is counted.</param>
    public async Task<PointCounted> TakeAsync(string name, long bytes, long countUpTo, CancellationToken cancel)
    {
        try
        {
            return bytes > countUpTo
                ? new(name, await PointAsync(name, cancel).ConfigureAwait(false), new(false, $"the server holds {bytes >> 20} MB, and backups.prove_up_to is {countUpTo >> 20} MB: nothing was counted", []))
                : await CountAsync(name, cancel).ConfigureAwait(false);
        }
        catch (PostgresException e) when (e.SqlState is NotNow or NoSuchName)
        {
            return new(null, null, new(false, $"no restore point can be made, so that nothing can be compared exactly: {e.MessageText}", []));
        }
        catch (PostgresException e) when (e.SqlState == Errors.SqlState.InsufficientPrivilege)
        {
            return new(null, null, new(false, $"no restore point can be made, so that nothing can be compared exactly: {e.MessageText} (GRANT EXECUTE ON FUNCTION pg_create_restore_point(text))", []));
        }
    }

    private async Task<PointCounted> CountAsync(string name, CancellationToken cancel)
    {
        var sessions = await OpenAsync(cancel).ConfigureAwait(false);
        try
        {
            var first = name;
            string? lsn = null;
            var quiet = false;
            for (var tries = 0; lsn is null; tries++)
            {
                foreach (var one in sessions)
                {
                    await one.DoAsync("ROLLBACK; BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", null, cancel).ConfigureAwait(false);
                }
                quiet = await QuietAsync(sessions, cancel).ConfigureAwait(false) is not null;
                if (quiet || tries == Tries)
                {
                    var before = await LookAsync(sessions[0], cancel).ConfigureAwait(false);
                    lsn = await PointAsync(name, cancel).ConfigureAwait(false);
                    var after = await LookAsync(session, cancel).ConfigureAwait(false);
                    quiet = quiet && after.Writers == 0 && after.Snapshot == before.Snapshot;
                    if (!quiet && tries < Tries)
                    {
                        (lsn, name) = (null, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{first}_{tries}"));
                    }
                }
                if (lsn is null)
                {
                    await Task.Delay(Pause, target.Clock, cancel).ConfigureAwait(false);
                }
            }
            var tables = new List<CountedTable>();
            foreach (var one in sessions)
            {
                tables.AddRange(await RowCounts.WithinAsync(one, physical: true, say, cancel).ConfigureAwait(false));
            }
            return new(name, lsn, new(quiet, quiet ? null : "transactions wrote all the time, so that no count belongs exactly to the restore point", tables));
        }
        finally
        {
            foreach (var one in sessions)
            {
                await one.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>The one snapshot that all sessions share while nobody writes; null when somebody does.</summary>
    private static async Task<string?> QuietAsync(IReadOnlyList<NpgsqlConnection> sessions, CancellationToken cancel)
    {
        string? shared = null;
        foreach (var one in sessions)
        {
            var (snapshot, writers) = await LookAsync(one, cancel).ConfigureAwait(false);
            if (writers > 0 || (shared ??= snapshot) != snapshot)
            {
                return null;
            }
        }
        return shared;
    }

    private static async Task<(string Snapshot, long Writers)> LookAsync(NpgsqlConnection one, CancellationToken cancel)
    {
        var look = (await one.FirstAsync<QuietRow>(Sql.Of<RestorePointCount>("quiet"), null, cancel).ConfigureAwait(false))!;
        return (look.Snapshot, look.Writers);
    }

    private async Task<string> PointAsync(string name, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(Sql.Of<RestorePointCount>("restore_point"), session);
        command.Parameters.Add(new("name", name));
        return (string)(await command.ExecuteScalarAsync(cancel).ConfigureAwait(false))!;
    }

    private async Task<IReadOnlyList<NpgsqlConnection>> OpenAsync(CancellationToken cancel)
    {
        var names = await session.ListAsync<string>(Sql.Of<RestorePointCount>("databases"), null, cancel).ConfigureAwait(false);
        var sessions = new List<NpgsqlConnection>();
        foreach (var name in names.OrderBy(n => n == session.Database ? 0 : 1).Take(MostDatabases))
        {
            var settings = TargetConnection.ForRepairs(target.Options);
            (settings.Database, settings.Host, settings.Port) = (name, session.Host, session.Port);
            settings.TargetSessionAttributes = null;
            // sessions wait for each other's counts
            settings.Options += " -c idle_in_transaction_session_timeout=0";
            var one = new NpgsqlConnection(settings.ConnectionString);
            sessions.Add(one);
            try
            {
                await one.OpenAsync(cancel).ConfigureAwait(false);
            }
            catch (PostgresException) when (name != session.Database)
            {
                // pg_hba.conf does not let us in there, and nothing of it is said to be counted
                sessions.Remove(one);
                await one.DisposeAsync().ConfigureAwait(false);
            }
        }
        return sessions;
    }

    private sealed record QuietRow
    {
        public required string Snapshot { get; init; }
        public required long Writers { get; init; }
    }
}

/// <param name="Point">Null where none could be made.</param>
/// <param name="Lsn">Where its record ends.</param>
internal sealed record PointCounted(string? Point, string? Lsn, CountedRows Rows);
