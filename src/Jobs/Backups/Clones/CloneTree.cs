using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Backups;

/// <summary>The files of a clone: all of them its own, and its user's.</summary>
internal static class CloneTree
{
    /// <summary>A link that leads out of the folder would have the clone work on somebody else's files, as the original's.</summary>
    public static void RequireWithin(string folder, string data)
    {
        var inside = Path.GetFullPath(folder) + Path.DirectorySeparatorChar;
        var spaces = Path.Combine(data, "pg_tblspc");
        foreach (var place in (Directory.Exists(spaces) ? Directory.EnumerateFileSystemEntries(spaces) : []).Append(Path.Combine(data, "pg_wal")))
        {
            if (new FileInfo(place).ResolveLinkTarget(returnFinalTarget: true) is { } leads && !Path.GetFullPath(leads.FullName).StartsWith(inside, StringComparison.Ordinal))
            {
                throw new HealingException($"{place} leads to {leads.FullName}, out of the copy: it is not started", "The copy must hold its tablespaces and its WAL itself.");
            }
        }
    }

    public static async Task OwnAsync(string folder, CancellationToken cancel)
    {
        File.SetUnixFileMode(Path.Combine(folder, "data"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await LocalOwner.OwnTreeAsync(folder, cancel).ConfigureAwait(false);
    }
}
