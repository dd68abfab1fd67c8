namespace HealingWorkers.Drill;

/// <summary>A streaming standby of a cluster, with a replication slot of its name.</summary>
public sealed class PgStandby : PgEndpoint, IAsyncDisposable
{
    private readonly PgCluster _primary;

    private PgStandby(PgCluster primary, PgServer server, string name)
        : base(primary.Options, server, primary.Password)
    {
        _primary = primary;
        Name = name;
    }

    /// <summary>Of the slot.</summary>
    public string Name { get; }

    /// <summary>Copies the running primary, its tablespaces beside it, and starts to follow it.</summary>
    public static async Task<PgStandby> StartNewAsync(PgCluster primary, string name = "standby", CancellationToken ct = default)
    {
        var directory = await KitDirectory.CreateAsync(ct);
        var standby = new PgStandby(primary, new PgServer(primary.Options.Binaries, directory), name);
        try
        {
            var spaces = await primary.QueryAsync<string>("postgres", "SELECT pg_tablespace_location(oid) FROM pg_tablespace WHERE pg_tablespace_location(oid) <> ''", ct: ct);
            await CommandRunner.RunAsync(
                ServerUser.Current.Command(
                    primary.Options.Binaries["pg_basebackup"],
                    [
                        "-h", primary.SocketDirectory, "-p", $"{primary.Port}", "-U", "postgres", "-D", standby.DataDirectory,
                        "-R", "-X", "stream", "-C", "-S", name, "-c", "fast", "--no-sync",
                        .. spaces.SelectMany((space, at) => new[] { "-T", $"{space}={directory}/space_{at}" }),
                    ]),
                ct);
            await standby.TakePortAsync(ct);
            await standby.StartAsync(ct);
            return standby;
        }
        catch
        {
            await standby.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until all that the primary has written by now is replayed here.</summary>
    public async Task WaitForReplayAsync(TimeSpan? timeout = null, CancellationToken ct = default)
    {
        // the end of a transaction that was given up is on disk, and sent, only once something else is committed after it
        await _primary.ExecuteAsync("postgres", "SELECT pg_logical_emit_message(true, 'replay', '')", ct: ct);
        var position = await _primary.ScalarAsync<string>("postgres", "SELECT pg_current_wal_flush_lsn()::text", ct: ct);
        await using var connection = await OpenAsync("postgres", ct);
        await Poll.UntilAsync(
            async _ => await Dapper.SqlMapper.ExecuteScalarAsync<bool>(
                connection, "SELECT pg_last_wal_replay_lsn() >= @position::pg_lsn", new { position }),
            timeout ?? TimeSpan.FromSeconds(30), $"replay of {position}", ct);
    }

    public Task PromoteAsync(CancellationToken ct = default) => ExecuteAsync("postgres", "SELECT pg_promote()", ct: ct);

    public async ValueTask DisposeAsync()
    {
        await Server.RemoveAsync();
        if (_primary.Server.IsRunning)
        {
            // Its walsender may still hold the slot for a moment.
            await _primary.ExecuteAsync(
                "postgres",
                """
                SELECT pg_terminate_backend(active_pid, 5000) FROM pg_replication_slots WHERE slot_name = @Name AND active;
                SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = @Name;
                """,
                new { Name });
        }
    }
}
