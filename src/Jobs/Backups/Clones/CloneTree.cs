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
        var data = Path.Combine(folder, "data");
        File.SetUnixFileMode(data, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        if (await Programs.TryRunAsync(["stat", "-c", "%u:%g", folder], cancel).ConfigureAwait(false) is (0, var owner) && LocalOwner.Current is not null
            && await Programs.RunTiedAsync(["chown", "-R", "-h", owner.Trim(), folder], new Dictionary<string, string>(StringComparer.Ordinal), cancel).ConfigureAwait(false) is (not 0, var said))
        {
            throw new HealingException($"the files of {folder} cannot be given to the server's user: {said.Trim()}", "Choose a state_directory on a file system that keeps owners.");
        }
    }
}
