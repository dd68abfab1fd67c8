using System.Diagnostics;

namespace HealingWorkers.Drill;

/// <summary>A child process with what it says kept, to be waited for, signalled and killed.</summary>
public sealed class ChildProcess : IAsyncDisposable
{
    private const int KeptLines = 20_000;
    private readonly Lock _gate = new();
    private readonly Queue<(bool IsError, string Text)> _lines = new();
    private readonly Process _process;
    private long _dropped;

    private ChildProcess(Process process) => _process = process;

    public int Pid => _process.Id;

    public bool HasExited => _process.HasExited;

    public int? ExitCode => _process.HasExited ? _process.ExitCode : null;

    /// <summary>The lines of standard output, the newest 20,000 of both.</summary>
    public IReadOnlyList<string> Output => Lines(error: false);

    public IReadOnlyList<string> Error => Lines(error: true);

    /// <summary>Both streams in the order of arrival.</summary>
    public IReadOnlyList<string> All => Lines(error: null);

    /// <summary>Starts a program; a null in <paramref name="environment"/> removes a variable.</summary>
    public static ChildProcess Start(
        string program,
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string?>? environment = null,
        string? directory = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardError = true,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
            WorkingDirectory = directory ?? "",
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>(StringComparer.Ordinal))
        {
            start.Environment[name] = value;
            if (value is null)
            {
                start.Environment.Remove(name);
            }
        }
        var process = new Process { StartInfo = start };
        var child = new ChildProcess(process);
        process.OutputDataReceived += (_, line) => child.Keep(isError: false, line.Data);
        process.ErrorDataReceived += (_, line) => child.Keep(isError: true, line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        process.StandardInput.Close();
        return child;
    }

    /// <summary>The first line, past or to come, on which the predicate holds; fails when the process ends without it.</summary>
    public async Task<string> WaitForLineAsync(Func<string, bool> predicate, TimeSpan timeout, CancellationToken ct = default)
    {
        long seen = 0;
        string? found = null;
        await Poll.UntilAsync(
            () =>
            {
                var ended = _process.HasExited;
                lock (_gate)
                {
                    found = _lines.Skip((int)Math.Max(0, seen - _dropped)).Select(line => line.Text).FirstOrDefault(predicate);
                    seen = _dropped + _lines.Count;
                }
                return found is not null || (ended && EndedWithout());
            },
            timeout, $"a line of process {Pid}; it said:\n{Tail()}", ct);
        return found!;

        // The last lines may arrive after the end: wait for them once, then look again.
        bool EndedWithout()
        {
            _process.WaitForExit();
            lock (_gate)
            {
                found = _lines.Select(line => line.Text).FirstOrDefault(predicate);
            }
            return found is not null
                ? true
                : throw new InvalidOperationException($"The process ended with {ExitCode} and never said it:\n{Tail()}");
        }
    }

    /// <summary>Waits for the end and for all of the output; gives the exit code.</summary>
    public async Task<int> WaitForExitAsync(TimeSpan timeout, CancellationToken ct = default)
    {
        try
        {
            await _process.WaitForExitAsync(ct).WaitAsync(Poll.Patient(timeout), TimeProvider.System, ct);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"Not within {Poll.Patient(timeout).TotalSeconds:0.#} s: the end of process {Pid}; it said:\n{Tail()}", e);
        }
        return _process.ExitCode;
    }

    public bool Send(Signal signal) => !_process.HasExited && ProcessTable.Send(_process.Id, signal);

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System);
        }
        _process.Dispose();
    }

    private string Tail() => string.Join('\n', All.TakeLast(60));

    private List<string> Lines(bool? error)
    {
        lock (_gate)
        {
            return [.. _lines.Where(line => error is null || line.IsError == error).Select(line => line.Text)];
        }
    }

    private void Keep(bool isError, string? text)
    {
        if (text is null)
        {
            return;
        }
        lock (_gate)
        {
            _lines.Enqueue((isError, text));
            if (_lines.Count > KeptLines)
            {
                _lines.Dequeue();
                _dropped++;
            }
        }
    }
}
