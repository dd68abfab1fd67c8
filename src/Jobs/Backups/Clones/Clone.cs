using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Snapshots;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Backups;

/// <summary>A disposable server: its files, and while it runs, the ways into it. It ends with whoever made it, however that comes about, and is removed.</summary>
public sealed class Clone : IAsyncDisposable
{
    /// <summary>What the original's databases and roles are set to is not for us.</summary>
    private const string Own = "-c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0 -c default_transaction_read_only=off -c session_replication_role=origin";

    private readonly string _programs;
    private readonly CloneMarker _marker;
    private readonly TimeProvider _clock;
    private readonly Dictionary<string, string> _closed = new(StringComparer.Ordinal);
    private CloneServer? _server;
    private bool _kept;

    internal Clone(string folder, string programs, CloneMarker marker, TimeProvider clock) => (Folder, _programs, _marker, _clock) = (folder, programs, marker, clock);

    public string Folder { get; }

    /// <summary>The data directory; not there until something is put into it.</summary>
    public string Data => Path.Combine(Folder, "data");

    /// <summary>Who may do everything there; known once it runs.</summary>
    public string Superuser { get; private set; } = "postgres";

    /// <summary>What pg_control says; known once it was started.</summary>
    public ControlData? Control { get; private set; }

    /// <summary>The databases that nobody is let into, since their event triggers could not be silenced, and why; known once it runs.</summary>
    public IReadOnlyDictionary<string, string> Closed => _closed;

    /// <summary>What the server says.</summary>
    internal string Log => CloneServer.LogOf(Folder);

    private string Socket => SocketPlace.PlaceFor(Folder);

    internal async Task PrepareAsync(CancellationToken cancel)
    {
        await _marker.WriteAsync(Folder, cancel).ConfigureAwait(false);
        LocalOwner.Own(Folder);
    }

    /// <summary>A new, empty cluster.</summary>
    public async Task InitAsync(int major, CancellationToken cancel)
    {
        var (code, said) = await Programs.TryRunAsync([.. LocalOwner.Prefix(), await ProgramAsync("initdb", major, cancel).ConfigureAwait(false),
            "-D", Data, "-U", Superuser, "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"], cancel).ConfigureAwait(false);
        if (code != 0)
        {
            throw new HealingException($"initdb could not make {Data}: {said.Trim()}", "Is there room on the disk, and may the server's user write there?");
        }
    }

    /// <summary>The files of a copy that was kept before a repair; the copy stays as it is.</summary>
    public Task CopyBaseAsync(string place, CancellationToken cancel) => RestoredFiles.MakeAsync(place, Data, cancel);

    /// <summary>Starts it, and waits until it is consistent and takes sessions. Throws <see cref="HealingException"/> with the server's own words.</summary>
    /// <param name="keepRecovery">Whether how far to recover is as the files say; else to the end of the WAL beside them.</param>
    /// <param name="roles">Who may be able to log in.</param>
    public async Task StartAsync(bool keepRecovery, IEnumerable<string> roles, TimeSpan limit, CancellationToken cancel)
    {
        var major = await MajorAsync(cancel).ConfigureAwait(false);
        var postgres = await ProgramAsync("postgres", major, cancel).ConfigureAwait(false);
        Control = await ControlAsync(cancel).ConfigureAwait(false);
        CloneTree.RequireWithin(Folder, Data);
        await CloneSettings.WriteAsync(Folder, Data, SocketPlace.Prepare(Folder), Control, major, keepRecovery, cancel).ConfigureAwait(false);
        await CloneTree.OwnAsync(Folder, cancel).ConfigureAwait(false);
        if (await CloneWal.MissingAsync(Data, Control.SegmentBytes, cancel).ConfigureAwait(false) is { } missing)
        {
            throw new HealingException($"WAL file {missing} is missing from the backup, or is not whole: it cannot be brought to consistency", "Take another backup, and look at the disk that holds this one.");
        }
        _server = new CloneServer(Folder, Data, postgres, _clock);
        await _server.StartAsync(limit, cancel).ConfigureAwait(false);
        Superuser = await FindSuperuserAsync(roles, cancel).ConfigureAwait(false);
        await SilenceAsync(cancel).ConfigureAwait(false);
    }

    /// <summary>
    /// No event trigger of the original runs here: it may write to somewhere else. Those of logins come with the version that has
    /// a setting against them; the others fire at nothing that is done before this.
    /// </summary>
    public async Task SilenceAsync(CancellationToken cancel)
    {
        await using var first = await OpenAsync("template1", cancel).ConfigureAwait(false);
        foreach (var (name, _) in (await first.ListAsync<(string, bool)>(Sql.Of<Backup>("clone_databases"), null, cancel).ConfigureAwait(false)).Where(d => d.Item2))
        {
            try
            {
                await using var session = await OpenAsync(name, cancel).ConfigureAwait(false);
                foreach (var silence in await session.ListAsync<string>(Sql.Of<Backup>("clone_event_triggers"), null, cancel).ConfigureAwait(false))
                {
                    await session.DoAsync(silence, null, cancel).ConfigureAwait(false);
                }
            }
            catch (PostgresException e) when (e.SqlState.StartsWith("XX", StringComparison.Ordinal))
            {
                _closed[name] = $"its catalogue cannot be read: {e.SqlState}: {e.MessageText}";
            }
        }
    }

    /// <summary>Cleanly, so that its files can be read as they are.</summary>
    public async Task StopAsync(CancellationToken cancel)
    {
        if (_server is { } server)
        {
            await server.StopAsync(cancel).ConfigureAwait(false);
        }
    }

    public async Task<ControlData> ControlAsync(CancellationToken cancel) =>
        await ControlData.ReadAsync(Data, await ProgramAsync("pg_controldata", await MajorAsync(cancel).ConfigureAwait(false), cancel).ConfigureAwait(false), cancel).ConfigureAwait(false);

    public string ConnectionString(string database, string? role = null) => new NpgsqlConnectionStringBuilder
    {
        Host = Socket,
        Port = 5432,
        Database = database,
        Username = role ?? Superuser,
        SslMode = SslMode.Disable,
        CommandTimeout = 0,
    }.ConnectionString;

    public async Task<NpgsqlConnection> OpenAsync(string database, CancellationToken cancel)
    {
        if (_closed.TryGetValue(database, out var why))
        {
            throw new HealingException($"nobody is let into database {database} of the restored server: {why}", "The damage came along: look at the live database.");
        }
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(ConnectionString(database)) { Pooling = false, Options = $"{SearchPath.Ours} {Own}" }.ConnectionString);
        try
        {
            await connection.OpenAsync(cancel).ConfigureAwait(false);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>A program of the clone's own version. Throws where it is not here.</summary>
    public Task<string> ProgramAsync(string program, int major, CancellationToken cancel) => ProgramAsync(program, major, _programs, cancel);

    internal static async Task<string> ProgramAsync(string program, int major, string programs, CancellationToken cancel) =>
        await ServerPrograms.FindAsync(program, major, programs, null, cancel).ConfigureAwait(false)
            ?? throw new HealingException($"{program} of PostgreSQL {major} is not installed here, so that nothing can be restored and tried here", $"Install it (Debian: apt-get install postgresql-{major}), or set control.postgres_directory.");

    public async Task<int> MajorAsync(CancellationToken cancel)
    {
        var file = Path.Combine(Data, "PG_VERSION");
        return File.Exists(file) && int.TryParse((await File.ReadAllTextAsync(file, cancel).ConfigureAwait(false)).Trim(), System.Globalization.CultureInfo.InvariantCulture, out var major) ? major
            : throw new HealingException($"{Data} is no data directory of PostgreSQL: PG_VERSION is missing", "The backup is not whole.");
    }

    /// <summary>Its files stay for a day, for a person to look at; how to start it again is told.</summary>
    public async Task<string> KeepAsync(CancellationToken cancel)
    {
        await StopAsync(cancel).ConfigureAwait(false);
        await (_marker with { Kept = true }).WriteAsync(Folder, cancel).ConfigureAwait(false);
        _kept = true;
        var postgres = await ProgramAsync("postgres", await MajorAsync(cancel).ConfigureAwait(false), cancel).ConfigureAwait(false);
        return $"{string.Join(' ', [.. LocalOwner.Prefix(), postgres])} -D '{Data}' -c config_file='{Path.Combine(Folder, "postgresql.conf")}'   # then: psql -h '{Socket}' -U {Superuser}";
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is { } server)
        {
            await server.DisposeAsync().ConfigureAwait(false);
        }
        if (!_kept)
        {
            await CloneHouse.RemoveAsync(Folder, _clock, CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>Somebody who may log in tells who may do everything.</summary>
    private async Task<string> FindSuperuserAsync(IEnumerable<string> roles, CancellationToken cancel)
    {
        Exception? last = null;
        foreach (var role in roles.Append("postgres").Where(r => r.Length > 0).Distinct(StringComparer.Ordinal))
        {
            try
            {
                await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(ConnectionString("template1", role)) { Pooling = false, Options = SearchPath.Ours }.ConnectionString);
                await connection.OpenAsync(cancel).ConfigureAwait(false);
                await using var command = new NpgsqlCommand(Sql.Of<Backup>("clone_superuser"), connection);
                if (await command.ExecuteScalarAsync(cancel).ConfigureAwait(false) is string superuser)
                {
                    return superuser;
                }
            }
            catch (NpgsqlException e)
            {
                last = e;
            }
        }
        throw new HealingException($"nobody could log in to the restored server: {last?.Message ?? "it has no superuser that may log in"}", "The roles of the target's connections are tried, and postgres.", last);
    }
}
