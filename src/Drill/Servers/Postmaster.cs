using System.Globalization;

namespace HealingWorkers.Drill;

/// <summary>What postmaster.pid says, and signals to a server with all its backends.</summary>
internal sealed class Postmaster
{
    private readonly string[] _lines;

    private Postmaster(string[] lines, int pid) => (_lines, Pid) = (lines, pid);

    public int Pid { get; }

    /// <summary>Accepts connections, as a primary or as a standby.</summary>
    public bool IsReady => _lines.Length > 7 && _lines[7].Trim() is "ready" or "standby";

    public static Postmaster? Read(string dataDirectory)
    {
        try
        {
            var lines = File.ReadAllLines(Path.Combine(dataDirectory, "postmaster.pid"));
            return lines.Length > 0 && int.TryParse(lines[0], NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
                ? new Postmaster(lines, pid)
                : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Kills a server and its backends at one moment: first the parent is stopped, so that it makes no more.</summary>
    public static IReadOnlyList<int> KillAll(int pid)
    {
        ProcessTable.Send(pid, Signal.Stop);
        var children = ProcessTable.ChildrenOf(pid);
        foreach (var child in children)
        {
            ProcessTable.Send(child, Signal.Kill);
        }
        ProcessTable.Send(pid, Signal.Kill);
        return children;
    }

    /// <summary>Ends a server whose owner is dead, when the pid is really still that server.</summary>
    public static void EndAbandoned(string dataDirectory)
    {
        if (Read(dataDirectory) is not { } postmaster)
        {
            return;
        }
        if (ProcessTable.CommandLine(postmaster.Pid).Contains(dataDirectory, StringComparison.Ordinal))
        {
            KillAll(postmaster.Pid);
        }
        postmaster.RemoveSharedMemory();
    }

    /// <summary>A killed server leaves its small System V segment, of which the system has only so many.</summary>
    public void RemoveSharedMemory()
    {
        const int remove = 0;
        if (_lines.Length > 6
            && _lines[6].Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, var id]
            && int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var segment))
        {
            _ = NativeMethods.SharedMemoryControl(segment, remove, 0);
        }
    }
}
