using HealingWorkers.Jobs.Targets;
using System.Diagnostics;
using System.Globalization;
using HealingWorkers.Jobs.Errors;
using Npgsql;

namespace HealingWorkers.Worker.Embedded;

/// <summary>
/// A private PostgreSQL. Whoever needs it holds a shared lock on it; the first one starts it, the last one stops it,
/// and a guard stops it when the last one was killed.
/// </summary>
public sealed class EmbeddedServer : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly EmbeddedOptions _options;
    private readonly TimeProvider _clock;
    private readonly LocalServer _postmaster;
    private Process? _guard;
    private FileLock? _use;

    private EmbeddedServer(EmbeddedOptions options, TimeProvider clock)
    {
        _options = options;
        _clock = clock;
        _postmaster = new LocalServer(DataDirectory);
        ConnectionString = "";
    }

    public string ConnectionString { get; private set; }

    public string DataDirectory => Path.Combine(_options.Directory, "data");

    /// <summary>True where this process started it, false where it ran already.</summary>
    public bool Started { get; private set; }

    /// <summary>Whoever holds this shared keeps the server running.</summary>
    public string UsersLock => Path.Combine(_options.Directory, "users.lock");

    private string StartLog => Path.Combine(_options.Directory, "start.log");

    /// <summary>Attaches to the server of this directory, after starting it where it does not run and making it where it is not there.</summary>
    public static async Task<EmbeddedServer> OpenAsync(EmbeddedOptions options, TimeProvider clock, CancellationToken cancel)
    {
        var server = new EmbeddedServer(options, clock);
        try
        {
            await server.AttachAsync(cancel).ConfigureAwait(false);
            return server;
        }
        catch
        {
            await server.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Stops and starts it, for whoever has to do something to its files. Only where nobody else uses it would this be polite.</summary>
    public async Task WhileStoppedAsync(Func<Task> work, CancellationToken cancel)
    {
        await StopServerAsync(cancel).ConfigureAwait(false);
        try
        {
            await work().ConfigureAwait(false);
        }
        finally
        {
            await StartServerAsync(SocketPlace.Prepare(_options.Directory), cancel).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_use is not null)
        {
            _use.Dispose();
            _use = null;
            using var last = FileLock.TryExclusive(UsersLock);
            if (last is not null)
            {
                await StopServerAsync(CancellationToken.None).ConfigureAwait(false);
            }
        }
        _guard?.StandardInput.Close();
        _guard?.Dispose();
        _guard = null;
    }

    private async Task AttachAsync(CancellationToken cancel)
    {
        Prepare();
        await LocalOwner.CheckReachAsync(_options.Directory, cancel).ConfigureAwait(false);
        var starting = Path.Combine(_options.Directory, "start.lock");
        using var alone = await FileLock.WaitAsync(() => FileLock.TryExclusive(starting), Patience, "the embedded PostgreSQL", _clock, cancel).ConfigureAwait(false);
        _use = await FileLock.WaitAsync(() => FileLock.TryShared(UsersLock), Patience, "the embedded PostgreSQL", _clock, cancel).ConfigureAwait(false);
        var socket = SocketPlace.Prepare(_options.Directory);
        var password = await EmbeddedCluster.CreateAsync(_options, DataDirectory, cancel).ConfigureAwait(false);
        if (_postmaster.Pid is null)
        {
            await _postmaster.ClearAsync(socket, _clock, cancel).ConfigureAwait(false);
            await StartServerAsync(socket, cancel).ConfigureAwait(false);
            Started = true;
        }
        else
        {
            await UntilReadyAsync(null, cancel).ConfigureAwait(false);
        }
        ConnectionString = new NpgsqlConnectionStringBuilder
        {
            Host = socket,
            Username = _options.Role,
            Password = password,
            Database = _options.Database,
            ApplicationName = "healing",
        }.ConnectionString;
        await EmbeddedCluster.CreateDatabaseAsync(ConnectionString, _options.Database, cancel).ConfigureAwait(false);
    }

    private void Prepare()
    {
        try
        {
            Directory.CreateDirectory(_options.Directory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HealingException($"{_options.Directory} cannot be made: {e.Message}", "set state_directory to a place where this user may write", e);
        }
    }

    private async Task StartServerAsync(string socket, CancellationToken cancel)
    {
        _guard?.StandardInput.Close();
        _guard?.Dispose();
        List<string> command = [.. LocalOwner.Prefix(), Path.Combine(_options.Binaries, "postgres"), "-D", DataDirectory];
        foreach (var (name, value) in EmbeddedCluster.Settings(_options, socket))
        {
            command.AddRange(["-c", $"{name}={value}"]);
        }
        var start = Programs.Start(["setsid", "/bin/sh", "-c", Guard, "healing-guard", UsersLock, Path.Combine(DataDirectory, "postmaster.pid"), StartLog, .. command]);
        start.RedirectStandardInput = true;
        _guard = Process.Start(start)!;
        await UntilReadyAsync(_guard, cancel).ConfigureAwait(false);
    }

    private async Task UntilReadyAsync(Process? guard, CancellationToken cancel)
    {
        var started = _clock.GetTimestamp();
        while (!_postmaster.IsReady)
        {
            var ended = guard is { HasExited: true } || (guard is null && _postmaster.Pid is null);
            if (ended || _clock.GetElapsedTime(started) > Patience)
            {
                var log = File.Exists(StartLog) ? string.Join("\n  ", File.ReadLines(StartLog).TakeLast(5)) : "";
                throw new HealingException(string.Create(CultureInfo.InvariantCulture, $"the embedded PostgreSQL under {_options.Directory} {(ended ? "did not start" : $"was not ready within {Patience.TotalSeconds:0} s")}\n  {log}"),
                    $"{StartLog} and {Path.Combine(DataDirectory, "log")} tell more");
            }
            await Task.Delay(TimeSpan.FromMilliseconds(50), _clock, cancel).ConfigureAwait(false);
        }
    }

    private async Task StopServerAsync(CancellationToken cancel)
    {
        var started = _clock.GetTimestamp();
        if (_postmaster.Pid is { } pid)
        {
            _ = NativeCalls.Send(pid, NativeCalls.Interrupt);
        }
        while (_postmaster.Pid is { } left)
        {
            if (_clock.GetElapsedTime(started) > Patience)
            {
                // Crash recovery at the next start is better than a process that nobody owns.
                _ = NativeCalls.Send(left, NativeCalls.Quit);
                return;
            }
            await Task.Delay(TimeSpan.FromMilliseconds(50), _clock, cancel).ConfigureAwait(false);
        }
    }

    // It lives as long as the server; its standard input ends when its starter does, and then the last user decides.
    private const string Guard = """
        lock=$1 pidfile=$2 log=$3; shift 3
        exec 3<&0
        "$@" </dev/null >"$log" 2>&1 3<&- &
        server=$!
        ( cat <&3 >/dev/null
          while kill -0 $server 2>/dev/null; do
            if flock -n -x "$lock" sh -c 'kill -INT "$(head -n 1 "$0")" && while kill -0 "$(head -n 1 "$0" 2>/dev/null)" 2>/dev/null; do sleep 0.1; done' "$pidfile" 2>/dev/null
            then break; fi
            sleep 1
          done ) &
        watch=$!
        exec 3<&-
        wait $server
        code=$?
        kill $watch 2>/dev/null
        exit $code
        """;
}
