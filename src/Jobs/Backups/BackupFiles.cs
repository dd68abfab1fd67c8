using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Snapshots;

namespace HealingWorkers.Jobs.Backups;

/// <summary>The files of a backup on this host.</summary>
public static class BackupFiles
{
    /// <summary>Every file that is not as it was when the backup was taken; empty when all are.</summary>
    public static Task<IReadOnlyList<string>> ChangedAsync(Backup backup, CancellationToken cancel) => SnapshotReader.ChangedAsync(backup.Place, backup.Label ?? "", cancel);

    /// <summary>Throws when the backup is not here, or not what was taken.</summary>
    public static async Task RequireWholeAsync(Backup backup, CancellationToken cancel)
    {
        if (!string.Equals(backup.Host, Environment.MachineName, StringComparison.Ordinal))
        {
            throw new HealingException($"backup {backup.Id} lies on {backup.Host}, and this is {Environment.MachineName}", "Restore it there, or copy its directory.");
        }
        if (await ChangedAsync(backup, cancel).ConfigureAwait(false) is { Count: > 0 } changed)
        {
            throw new HealingException($"backup {backup.Id} is not as it was taken: {string.Join("; ", changed.Take(5))}{(changed.Count > 5 ? $" and {changed.Count - 5} more" : "")}",
                "Do not restore from it; take another one, and look at the disk.");
        }
    }

    /// <summary>Its name is taken away first, so that half a directory is never taken for a backup.</summary>
    internal static void Remove(string place)
    {
        var gone = place + Leftovers.Gone;
        if (Directory.Exists(place))
        {
            SnapshotFolder.RemoveTree(gone);
            Directory.Move(place, gone);
        }
        SnapshotFolder.RemoveTree(gone);
        SnapshotFolder.RemoveTree(place + BaseFolder.Draft);
    }
}
