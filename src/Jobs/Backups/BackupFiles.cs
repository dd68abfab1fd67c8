using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Snapshots;

namespace HealingWorkers.Jobs.Backups;

/// <summary>The files of a backup, where they can be seen.</summary>
public static class BackupFiles
{
    /// <summary>Every file that is not as it was when the backup was taken; empty when all are.</summary>
    public static Task<IReadOnlyList<string>> ChangedAsync(Backup backup, CancellationToken cancel) => SnapshotReader.ChangedAsync(backup.Place, backup.Label ?? "", cancel);

    /// <summary>Throws when the backup is not here, or not what was taken.</summary>
    public static async Task RequireWholeAsync(Backup backup, Storage storage, CancellationToken cancel)
    {
        RequireHere(backup, storage);
        if (await ChangedAsync(backup, cancel).ConfigureAwait(false) is { Count: > 0 } changed)
        {
            throw new HealingException($"backup {backup.Id} is not as it was taken: {string.Join("; ", changed.Take(5))}{(changed.Count > 5 ? $" and {changed.Count - 5} more" : "")}",
                "Do not restore from it; take another one, and look at the disk.");
        }
    }

    /// <summary>By the name of its place, or by what is to be seen of it: its place may have had another name when it was made.</summary>
    public static bool IsHere(Backup backup, Storage storage) =>
        backup.Provider == BackupProvider.Pgbackrest ? backup.Host == storage.Name : storage.Holds(backup.Host, backup.Place, backup.Label);

    /// <summary>Throws when it cannot be seen from here, which says nothing of the backup.</summary>
    public static void RequireHere(Backup backup, Storage storage)
    {
        if (!IsHere(backup, storage))
        {
            throw new HealingException($"backup {backup.Id} lies on {backup.Host}, and this is {storage.Name}", "Restore it there, or copy its directory to the same path here.");
        }
        if (backup.Provider != BackupProvider.Pgbackrest && !Directory.Exists(backup.Place))
        {
            throw new HealingException($"{backup.Place} of backup {backup.Id} is not to be seen", "Is its disk mounted?");
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
