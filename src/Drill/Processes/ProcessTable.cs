using System.Globalization;

namespace HealingWorkers.Drill;

/// <summary>What /proc says of processes, and signals to them.</summary>
public static class ProcessTable
{
    /// <summary>Sends a signal; false when there is no such process any more.</summary>
    public static bool Send(int pid, Signal signal)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(pid, 2);
        return NativeMethods.Kill(pid, (int)signal) == 0;
    }

    /// <summary>Alive, and not merely waiting to be reaped.</summary>
    public static bool IsAlive(int pid) => State(pid) is { } state && state is not ('Z' or 'X');

    /// <summary>Stopped by a signal: alive, and doing nothing.</summary>
    public static bool IsStopped(int pid) => State(pid) is 'T';

    /// <summary>A signal was sent that the process has not taken yet, as one that is stopped.</summary>
    public static bool IsPending(int pid, Signal signal)
    {
        try
        {
            var mask = File.ReadLines($"/proc/{pid}/status").First(line => line.StartsWith("ShdPnd:", StringComparison.Ordinal))[7..].Trim();
            return (ulong.Parse(mask, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) >> ((int)signal - 1) & 1) == 1;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>The start time in clock ticks since boot: with the pid it names a process for good.</summary>
    public static long? StartTime(int pid) =>
        Fields(pid) is { } fields ? long.Parse(fields[19], CultureInfo.InvariantCulture) : null;

    public static IReadOnlyList<int> ChildrenOf(int pid)
    {
        var children = new List<int>();
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out var child)
                && Fields(child) is { } fields
                && int.Parse(fields[1], CultureInfo.InvariantCulture) == pid)
            {
                children.Add(child);
            }
        }
        return children;
    }

    public static string CommandLine(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline").Replace('\0', ' ');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static char? State(int pid) => Fields(pid)?[0][0];

    // The name in parentheses may hold spaces and parentheses itself: the fields start behind the last one.
    private static string[]? Fields(int pid)
    {
        try
        {
            var line = File.ReadAllText($"/proc/{pid}/stat");
            return line[(line.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
