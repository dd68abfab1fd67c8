using System.Globalization;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Backups;

/// <summary>The process of a clone. It is tied to ours: when we are gone, it is ended.</summary>
internal sealed class CloneServer(string folder, string data, string postgres, TimeProvider clock) : IAsyncDisposable
{
    private static readonly TimeSpan StopPatience = TimeSpan.FromMinutes(10);
    private readonly LocalServer _server = new(data);
    private Task<(int Code, string Output)>? _run;

    private string Log => LogOf(folder);

    public static string LogOf(string folder) => Path.Combine(folder, "log");

    public async Task StartAsync(TimeSpan limit, CancellationToken cancel)
    {
        _run = Programs.RunTiedAsync(
            [.. LocalOwner.Prefix(), "/bin/sh", "-c", "exec \"$1\" -D \"$2\" -c config_file=\"$3\" </dev/null >>\"$4\" 2>&1", "sh", postgres, data, Path.Combine(folder, "postgresql.conf"), Log],
            new Dictionary<string, string>(StringComparer.Ordinal), CancellationToken.None);
        var began = clock.GetTimestamp();
        while (!_server.IsReady)
        {
            if (_run.IsCompleted)
            {
                throw new HealingException($"the restored server does not start: {Why()}", "The backup cannot be brought to consistency: take another one, and look at the disk that holds it.");
            }
            if (clock.GetElapsedTime(began) > limit)
            {
                throw new HealingException(string.Create(CultureInfo.InvariantCulture, $"the restored server was not consistent within {limit.TotalMinutes:0.#} min"), $"Its last words: {Why()}");
            }
            await Task.Delay(TimeSpan.FromMilliseconds(50), clock, cancel).ConfigureAwait(false);
        }
    }

    /// <summary>With a last checkpoint; at once where that takes too long.</summary>
    public async Task StopAsync(CancellationToken cancel)
    {
        if (_run is not { IsCompleted: false } run)
        {
            return;
        }
        if (_server.Pid is { } pid)
        {
            _ = NativeCalls.Send(pid, NativeCalls.Interrupt);
        }
        await Task.WhenAny(run, Task.Delay(StopPatience, clock, cancel)).ConfigureAwait(false);
        cancel.ThrowIfCancellationRequested();
        if (!run.IsCompleted)
        {
            await _server.EndAsync(clock, cancel).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        // broken off in its first moments it has not written down its pid yet
        while (_run is { IsCompleted: false } run)
        {
            await _server.EndAsync(clock, CancellationToken.None).ConfigureAwait(false);
            await Task.WhenAny(run, Task.Delay(TimeSpan.FromMilliseconds(100), clock)).ConfigureAwait(false);
        }
    }

    /// <summary>What it complained of last.</summary>
    private string Why()
    {
        var lines = File.Exists(Log) ? File.ReadAllLines(Log) : [];
        var last = Array.FindLastIndex(lines, l => l.StartsWith("FATAL:", StringComparison.Ordinal) || l.StartsWith("PANIC:", StringComparison.Ordinal));
        var words = last >= 0 ? lines.Skip(last).Take(2).Where((l, n) => n == 0 || l.StartsWith("HINT:", StringComparison.Ordinal) || l.StartsWith("DETAIL:", StringComparison.Ordinal)) : lines.TakeLast(2);
        return string.Join(' ', words.Select(w => w.Trim())) is { Length: > 0 } said ? said : "it said nothing";
    }
}
