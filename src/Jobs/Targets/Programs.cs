using System.Diagnostics;

namespace HealingWorkers.Jobs.Targets;

/// <summary>Runs programs to their end, with an end to the patience.</summary>
public static class Programs
{
    /// <summary>
    /// Ends what it started, and what that has started, as soon as nobody holds the other end of its input: when we are killed, that is
    /// at once. (pg_basebackup has a child that goes on receiving WAL when only the parent is ended.)
    /// </summary>
    private const string Tied =
        """
        exec 3<&0
        setsid "$@" </dev/null 3<&- & program=$!
        { read -r _ <&3; kill -s TERM -- "-$program" || kill "$program"; } 2>/dev/null & watch=$!
        wait "$program"; code=$?
        kill "$watch" 2>/dev/null
        exit "$code"
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static async Task<(int Code, string Output)> TryRunAsync(IReadOnlyList<string> command, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Patience);
        return await RunAsync(Start(command), limit.Token).ConfigureAwait(false);
    }

    /// <summary>As long as it takes, and never longer than this process lives.</summary>
    public static async Task<(int Code, string Output)> RunTiedAsync(IReadOnlyList<string> command, IReadOnlyDictionary<string, string> environment, CancellationToken cancel)
    {
        var start = Start(["/bin/sh", "-c", Tied, "sh", .. command]);
        start.RedirectStandardInput = true;
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }
        return await RunAsync(start, cancel).ConfigureAwait(false);
    }

    public static ProcessStartInfo Start(IReadOnlyList<string> command)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1)) { WorkingDirectory = "/" };
        foreach (var name in start.Environment.Keys.Where(k => k.StartsWith("PG", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }
        start.Environment["LC_ALL"] = "C";
        return start;
    }

    private static async Task<(int Code, string Output)> RunAsync(ProcessStartInfo start, CancellationToken cancel)
    {
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        using var process = Process.Start(start)!;
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancel);
            var error = process.StandardError.ReadToEndAsync(cancel);
            await process.WaitForExitAsync(cancel).ConfigureAwait(false);
            return (process.ExitCode, await output.ConfigureAwait(false) + await error.ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }
}
