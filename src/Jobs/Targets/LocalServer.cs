using System.Globalization;

namespace HealingWorkers.Jobs.Targets;

/// <summary>The server over one data directory, as postmaster.pid and the process table tell of it.</summary>
public sealed class LocalServer(string data)
{
    private string PidFile => Path.Combine(data, "postmaster.pid");

    /// <summary>The pid of the living server of this directory, or null.</summary>
    public int? Pid => Read() is ({ } pid, _) && IsOurs(pid) ? pid : null;

    public bool IsReady => Read() is ({ } pid, "ready") && IsOurs(pid);

    /// <summary>
    /// Makes way for a start after a crash: waits for what a dead server left running, and takes away a pid file
    /// whose number now belongs to somebody else. One that belongs to nobody is PostgreSQL's own business.
    /// </summary>
    public async Task ClearAsync(string socket, TimeProvider clock, CancellationToken cancel)
    {
        if (Read().Pid is not { } pid || IsOurs(pid))
        {
            return;
        }
        // The directory is this server's alone; PostgreSQL takes the number in a lock for alive as long as nobody has reaped the dead.
        foreach (var left in Directory.EnumerateFiles(socket, ".s.PGSQL.*"))
        {
            File.Delete(left);
        }
        // A backend that outlived its postmaster still writes here: a second server beside it would ruin the data.
        foreach (var orphan in Orphans())
        {
            _ = NativeCalls.Send(orphan, NativeCalls.Quit);
        }
        for (var i = 0; i < 100 && Orphans().Count > 0; i++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), clock, cancel).ConfigureAwait(false);
        }
        foreach (var orphan in Orphans())
        {
            _ = NativeCalls.Send(orphan, NativeCalls.Kill);
        }
        if (Directory.Exists($"/proc/{pid}"))
        {
            File.Delete(PidFile);
        }
    }

    /// <summary>Ends the server of this directory and whatever of it is left, at once: nobody wants its files any more.</summary>
    public async Task EndAsync(TimeProvider clock, CancellationToken cancel)
    {
        if (Pid is { } pid)
        {
            _ = NativeCalls.Send(pid, NativeCalls.Quit);
        }
        for (var i = 0; i < 100 && (Pid is not null || Orphans().Count > 0); i++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), clock, cancel).ConfigureAwait(false);
        }
        foreach (var orphan in Orphans())
        {
            _ = NativeCalls.Send(orphan, NativeCalls.Kill);
        }
    }

    private (int? Pid, string State) Read()
    {
        try
        {
            var lines = File.ReadAllLines(PidFile);
            return lines.Length > 0 && int.TryParse(lines[0], NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
                ? (pid, lines.Length > 7 ? lines[7].Trim() : "")
                : (null, "");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, "");
        }
    }

    private bool IsOurs(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline").Split('\0').Contains(data, StringComparer.Ordinal) && !IsZombie(pid);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool IsZombie(int pid) => File.ReadAllText($"/proc/{pid}/stat").Split(") ")[^1].StartsWith('Z');

    private List<int> Orphans()
    {
        var found = new List<int>();
        foreach (var process in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(process), NumberStyles.None, CultureInfo.InvariantCulture, out var pid))
            {
                continue;
            }
            try
            {
                if (new FileInfo($"{process}/cwd").LinkTarget == data)
                {
                    found.Add(pid);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // gone meanwhile, or not ours to see
            }
        }
        return found;
    }
}
