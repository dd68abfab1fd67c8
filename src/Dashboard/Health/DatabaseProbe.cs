using System.Collections.Concurrent;
using Dapper;
using HealingWorkers.Jobs.Telemetry;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using Npgsql;

namespace HealingWorkers.Dashboard.Health;

/// <summary>Reaches every database anew and at once, and sees whether it takes writes where it should; each is asked by one session at a time, whoever wants to know.</summary>
public sealed class DatabaseProbe(TimeProvider clock)
{
    private const int Seconds = 2;
    /// <summary>For one database, by whatever connections: an orchestrator does not wait longer.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1.7);
    private readonly ConcurrentDictionary<DatabasePlace, SharedLook<DatabaseHealth>> _looks = new();

    public async Task<HealthReport> LookAsync(IEnumerable<DatabasePlace> places, CancellationToken cancel)
    {
        var all = await Task.WhenAll(places.Select(place => _looks.GetOrAdd(place, p => new(() => LookAsync(p), clock)).SeeAsync(cancel)));
        return new HealthReport(all.All(d => d.Status == HealthStatus.Ok) ? HealthStatus.Ok : HealthStatus.Failed, all);
    }

    private async Task<DatabaseHealth> LookAsync(DatabasePlace place)
    {
        var begun = clock.GetTimestamp();
        var (writable, reason, hint) = await JudgeAsync(place);
        var took = Math.Round(clock.GetElapsedTime(begun).TotalMilliseconds, 1);
        return new DatabaseHealth(place.Name, place.Role, reason is null ? HealthStatus.Ok : HealthStatus.Failed, writable, took, reason, hint);
    }

    private async Task<(bool? Writable, string? Reason, string? Hint)> JudgeAsync(DatabasePlace place)
    {
        using var limit = new CancellationTokenSource(Limit, clock);
        try
        {
            bool? writable = null;
            foreach (var connection in place.Connections)
            {
                var (takes, reason, hint) = await TryAsync(place, connection, limit.Token).WaitAsync(limit.Token);
                writable = takes;
                if (reason is not null)
                    return (writable, reason, hint);
            }
            return (writable, null, null);
        }
        catch (PostgresException e)
        {
            return (e.SqlState == SqlState.ReadOnlySqlTransaction ? false : null, Redactor.Text($"{e.MessageText} ({e.SqlState})"), HintOf(e));
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or ArgumentException or System.Net.Sockets.SocketException or IOException or OperationCanceledException)
        {
            var slow = e is TimeoutException or OperationCanceledException || e.InnerException is TimeoutException;
            return (null, slow ? "no answer within 2 s" : Redactor.Text(e.Message), "is the server running, and can this machine reach it?");
        }
    }

    private static async Task<(bool Writable, string? Reason, string? Hint)> TryAsync(DatabasePlace place, string connection, CancellationToken cancel)
    {
        await using var session = await ProbeConnection.OpenAsync(connection, Seconds, cancel);
        if (place.Role == DatabaseRole.Control)
        {
            await session.ExecuteAsync(new CommandDefinition(Sql.Of<DatabaseProbe>("control_write"), cancellationToken: cancel));
            return (true, null, null);
        }
        var (standby, readOnly, stopped) = await session.QuerySingleAsync<(bool, bool, bool)>(new CommandDefinition(Sql.Of<DatabaseProbe>("target_state"), cancellationToken: cancel));
        return (place.MustWrite, standby, readOnly) switch
        {
            (true, true, _) => (false, "the server is in recovery: it is a standby and cannot be repaired", "connect to the primary, or set mode: observe for this target"),
            (true, _, true) when stopped => (false, "its writes are stopped while critical corruption is open (protect: read_only)", "heal or close what is open; it is taken back by itself then"),
            (true, _, true) => (false, "sessions of this role are read-only, so nothing can be repaired", "look at default_transaction_read_only of server, database and role, or set mode: observe for this target"),
            _ => (!standby && !readOnly, null, null),
        };
    }

    private static string HintOf(PostgresException e) => e.SqlState switch
    {
        SqlState.InvalidPassword or SqlState.InvalidAuthorization => "check user and password of this connection, and pg_hba.conf of that server",
        SqlState.InvalidCatalogName => "the database does not exist: create it, or correct the connection",
        SqlState.UndefinedTable => "the ledger is not there yet: healing migrate",
        SqlState.ReadOnlySqlTransaction => "the server is a standby or read-only: connect to the primary",
        SqlState.CannotConnectNow or SqlState.AdminShutdown => "the server is starting or stopping; see its log",
        SqlState.DiskFull => "make room on that server's disk",
        _ => "see the log of that server",
    };
}
