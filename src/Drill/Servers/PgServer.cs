using System.Collections.Concurrent;
using System.Diagnostics;

namespace HealingWorkers.Drill;

/// <summary>One server process over a data directory: start, stop, kill, freeze.</summary>
public sealed class PgServer
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);
    private static readonly ConcurrentDictionary<PgServer, bool> Running = new();
    private readonly PgBinaries _binaries;
    private Process? _process;

    static PgServer() => AppDomain.CurrentDomain.ProcessExit += (_, _) =>
    {
        foreach (var server in Running.Keys)
        {
            Postmaster.EndAbandoned(server.DataDirectory);
            KitDirectory.Remove(server.Directory);
        }
    };

    internal PgServer(PgBinaries binaries, string directory)
    {
        _binaries = binaries;
        Directory = directory;
    }

    /// <summary>Holds the data directory, the socket and the log.</summary>
    public string Directory { get; }

    public string DataDirectory => Path.Combine(Directory, "data");

    public string LogFile => Path.Combine(Directory, "log");

    public string Log => File.Exists(LogFile) ? ReadShared(LogFile) : "";

    public bool IsRunning => _process is { HasExited: false };

    public int Pid => _process is { HasExited: false } process
        ? process.Id
        : throw new InvalidOperationException("The server does not run.");

    public async Task StartAsync(CancellationToken ct = default)
    {
        if (IsRunning)
        {
            throw new InvalidOperationException("The server runs already.");
        }
        var logged = Log.Length;
        // sh only redirects, then becomes the server: the pid that we get is the postmaster's.
        var start = ServerUser.Current.Command(
            "/bin/sh", "-c", "exec \"$1\" -D \"$2\" </dev/null >>\"$3\" 2>&1", "sh", _binaries["postgres"], DataDirectory, LogFile);
        var process = Process.Start(start) ?? throw new InvalidOperationException("Cannot start the server.");
        _process?.Dispose();
        _process = process;
        Running[this] = true;
        await Poll.UntilAsync(
            () => process.HasExited
                ? throw new InvalidOperationException($"The server ended with {process.ExitCode}:\n{Log[logged..]}")
                : Postmaster.Read(DataDirectory) is { IsReady: true } p && p.Pid == process.Id,
            Limit, $"server ready; its log:\n{Log}", ct);
    }

    public async Task StopAsync(StopMode mode = StopMode.Fast, CancellationToken ct = default)
    {
        if (_process is not { HasExited: false } process)
        {
            return;
        }
        Thaw();
        ProcessTable.Send(process.Id, mode == StopMode.Fast ? Signal.Interrupt : Signal.Quit);
        try
        {
            await process.WaitForExitAsync(ct).WaitAsync(Limit, TimeProvider.System, ct);
        }
        catch (TimeoutException)
        {
            await KillAsync(ct);
            throw;
        }
    }

    public async Task RestartAsync(StopMode mode = StopMode.Fast, CancellationToken ct = default)
    {
        await StopAsync(mode, ct);
        await StartAsync(ct);
    }

    /// <summary>SIGKILL to the postmaster and every backend at once, as when the machine goes down.</summary>
    public async Task KillAsync(CancellationToken ct = default)
    {
        if (_process is not { HasExited: false } process)
        {
            return;
        }
        var children = Postmaster.KillAll(process.Id);
        await process.WaitForExitAsync(ct).WaitAsync(Limit, TimeProvider.System, ct);
        await Poll.UntilAsync(() => !children.Any(ProcessTable.IsAlive), Limit, "all backends gone", ct);
    }

    /// <summary>SIGSTOP to the postmaster and every backend: connections stay open and nothing answers.</summary>
    public void Freeze() => SendAll(Signal.Stop);

    public void Thaw() => SendAll(Signal.Continue);

    internal async Task RemoveAsync()
    {
        Running.TryRemove(this, out _);
        try
        {
            await StopAsync(StopMode.Immediate);
        }
        catch (TimeoutException)
        {
            // killed by now
        }
        Postmaster.EndAbandoned(DataDirectory);
        KitDirectory.Remove(Directory);
        _process?.Dispose();
        _process = null;
    }

    private void SendAll(Signal signal)
    {
        ProcessTable.Send(Pid, signal);
        foreach (var child in ProcessTable.ChildrenOf(Pid))
        {
            ProcessTable.Send(child, signal);
        }
    }

    private static string ReadShared(string path)
    {
        using var reader = new StreamReader(
            new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        return reader.ReadToEnd();
    }
}
