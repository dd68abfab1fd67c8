using System.Globalization;
using System.Runtime.ExceptionServices;
using System.Text.RegularExpressions;
using HealingWorkers.Jobs.Errors;

namespace HealingWorkers.Jobs.Targets;

/// <summary>A server that this machine may stop and start: its process is here, its programs are at hand, and nobody else watches over it.</summary>
public sealed partial class ServerControl
{
    /// <summary>
    /// Stops the server, says so, and starts it again when its input ends, however that comes about: a server is not left lying by a
    /// worker that was killed, nor longer than agreed by one that was frozen.
    /// </summary>
    private const string Keeper =
        """
        ctl=$1 data=$2 options=$3 log=$4 limit=$5
        "$ctl" stop -D "$data" -m fast -w -t 120 >/dev/null 2>&1 && echo stopped || { "$ctl" stop -D "$data" -m immediate -w -t 60 >/dev/null 2>&1; echo unclean; }
        timeout "$limit" cat >/dev/null 2>&1
        "$ctl" start -D "$data" -w -t 3600 -o "$options" -l "$log" >/dev/null 2>&1 && echo started
        """;

    private readonly string _data;
    private readonly string _ctl;
    private readonly string _options;
    private readonly string _postgres;
    private readonly string _log;
    private readonly IReadOnlyList<string> _as;

    private ServerControl(string data, string ctl, string options, string log, IReadOnlyList<string> asOwner) =>
        (_data, _ctl, _options, _log, _as, _postgres) = (data, ctl, options, log, asOwner, Path.Combine(Path.GetDirectoryName(ctl)!, "postgres"));

    /// <param name="data">The data directory, known to be that of the running server; null where it is not seen from here.</param>
    /// <returns>One of both: the control, or why there is none.</returns>
    public static async Task<(ServerControl? Control, string WhyNot)> FindAsync(Target target, TargetFacts facts, string programs, string? data, CancellationToken cancel)
    {
        if (data is null || target.Options.DataDirectory.Length == 0)
        {
            return (null, "data_directory of the target is not set, or is not the server's");
        }
        var pid = int.Parse((await File.ReadAllLinesAsync(Path.Combine(data, "postmaster.pid"), cancel).ConfigureAwait(false))[0], CultureInfo.InvariantCulture);
        if (new FileInfo($"/proc/{pid}/cwd").LinkTarget is not { } works || works != Path.GetFullPath(data))
        {
            return (null, "the server's process is not on this machine, or not ours to see");
        }
        if (pid == 1)
        {
            return (null, "the server is the first process of its container, which would end with it");
        }
        if (await ServiceAsync(pid, cancel).ConfigureAwait(false) is { } service)
        {
            return (null, $"the server is run by {service}, which would take a stop for a failure");
        }
        if (await ServerPrograms.FindAsync("pg_ctl", facts.Major, programs, data, cancel).ConfigureAwait(false) is not { } ctl)
        {
            return (null, $"pg_ctl of PostgreSQL {facts.Major} is not installed here");
        }
        var line = (await File.ReadAllTextAsync(Path.Combine(data, "postmaster.opts"), cancel).ConfigureAwait(false)).Trim();
        var options = Own().Replace(line, "", 1);
        options = options[(options.IndexOf(" \"", StringComparison.Ordinal) is var at && at < 0 ? options.Length : at)..];
        var log = new FileInfo($"/proc/{pid}/fd/2").LinkTarget;
        if (line.AsSpan().ContainsAny("$`\\") || log is null || !(log == "/dev/null" || File.Exists(log)))
        {
            return (null, "how it was started cannot be repeated exactly");
        }
        return await AsOwnerAsync(data, cancel).ConfigureAwait(false) is { } asOwner
            ? (new(data, ctl, options.Trim(), log, asOwner), "") : (null, "only the owner of the data directory, or root, may stop and start it");
    }

    /// <summary>Does something while the server is stopped. It is started again in any case, after <paramref name="limit"/> at the latest.</summary>
    public async Task<T> WhileStoppedAsync<T>(Func<CancellationToken, Task<T>> work, TimeSpan limit, CancellationToken cancel)
    {
        var start = Programs.Start(["setsid", .. _as, "/bin/sh", "-c", Keeper, "sh", _ctl, _data, _options, _log, limit.TotalSeconds.ToString("0", CultureInfo.InvariantCulture)]);
        (start.RedirectStandardInput, start.RedirectStandardOutput) = (true, true);
        using var keeper = System.Diagnostics.Process.Start(start)!;
        // the work ends before the server is started: nothing may be at its files then
        using var late = new CancellationTokenSource(limit * 0.9, TimeProvider.System);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel, late.Token);
        Exception? trouble = null;
        T result = default!;
        try
        {
            if (await keeper.StandardOutput.ReadLineAsync(cancel).ConfigureAwait(false) != "stopped")
            {
                throw new HealingException("the server did not stop within two minutes, was ended at once and is started again", "See which session held it up: pg_stat_activity before the next try.");
            }
            result = await work(stop.Token).ConfigureAwait(false);
            if (keeper.HasExited)
            {
                throw TooLong(limit);
            }
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            trouble = TooLong(limit);
        }
        catch (Exception e)
        {
            trouble = e;
        }
        keeper.StandardInput.Close();
        var started = await keeper.StandardOutput.ReadToEndAsync(CancellationToken.None).ConfigureAwait(false);
        await keeper.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        if (!started.Contains("started", StringComparison.Ordinal))
        {
            throw new HealingException($"the server of {_data} was stopped and does not start again{(trouble is null ? "" : $", after {trouble.Message}")}",
                $"Start it by hand: {_ctl} start -D {_data} -o '{_options}'; its log ({_log}) says why.", trouble);
        }
        if (trouble is not null)
        {
            ExceptionDispatchInfo.Throw(trouble);
        }
        return result;
    }

    private static HealingException TooLong(TimeSpan limit) =>
        new($"what was to be done took longer than {limit.TotalMinutes:0} min, and the server runs again", "Do it in a longer window.");

    /// <summary>The command, as a person would type it, by which a single process works on the stopped server without the catalogue's indexes.</summary>
    public string Single(string database, string statement) => $"{_postgres} --single -P {_options} -D {_data} {Quoted(database)} <<< {Quoted(statement)}";

    /// <summary>Only while it is stopped. The first error ends it with a code of its own.</summary>
    public Task<(int Code, string Output)> RunSingleAsync(string database, string statement, CancellationToken cancel) =>
        Programs.RunTiedAsync([.. _as, "/bin/sh", "-c", $"printf '%s\\n' \"$2\" | \"$1\" --single -P {_options} -c exit_on_error=on -D \"$3\" \"$4\"", "sh", _postgres, statement, _data, database],
            new Dictionary<string, string>(StringComparer.Ordinal), cancel);

    private static string Quoted(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    /// <summary>The unit of the service manager that looks after a process; null where none does.</summary>
    private static async Task<string?> ServiceAsync(int pid, CancellationToken cancel) =>
        Unit().Match(await File.ReadAllTextAsync($"/proc/{pid}/cgroup", cancel).ConfigureAwait(false)) is { Success: true } unit ? unit.Groups[1].Value : null;

    /// <summary>Words to put before a command so that the owner of the directory runs it; null where we may not.</summary>
    private static async Task<IReadOnlyList<string>?> AsOwnerAsync(string data, CancellationToken cancel)
    {
        var (code, said) = await Programs.TryRunAsync(["stat", "-c", "%u %g", data], cancel).ConfigureAwait(false);
        if (code != 0 || said.Trim().Split(' ') is not [var user, var group])
        {
            return null;
        }
        return Environment.IsPrivilegedProcess ? ["setpriv", $"--reuid={user}", $"--regid={group}", "--clear-groups", "--"]
            : await Programs.TryRunAsync(["/usr/bin/test", "-O", data], cancel).ConfigureAwait(false) is { Code: 0 } ? [] : null;
    }

    [GeneratedRegex(@" ""-D"" ""[^""]*""", RegexOptions.None, 1000)]
    private static partial Regex Own();

    [GeneratedRegex(@"/((?!user@)[^/\n]*\.service)", RegexOptions.None, 1000)]
    private static partial Regex Unit();
}
