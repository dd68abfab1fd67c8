using HealingWorkers.Jobs.Snapshots;

namespace HealingWorkers.Jobs.Backups;

/// <summary>What lies where backups are kept and is none: drafts of makers that died, and directories that were being removed.</summary>
public static class Leftovers
{
    internal const string Gone = ".gone";

    /// <param name="root">Where backups are kept.</param>
    /// <param name="known">Reads, after the directories were listed, the places that hold, or are about to hold, a backup.</param>
    /// <returns>What was removed, and what could not be, with why.</returns>
    public static async Task<IReadOnlyList<(string Place, string? Trouble)>> SweepAsync(string root, Func<Task<IReadOnlySet<string>>> known)
    {
        if (!Directory.Exists(root))
        {
            return [];
        }
        // The folders are read first: what is made after that is nobody's remains.
        var folders = Directory.EnumerateDirectories(root).ToList();
        var places = folders.Count == 0 ? new HashSet<string>(StringComparer.Ordinal) : await known().ConfigureAwait(false);
        return [.. folders.Where(f => Path.GetFileName(f) != WalArchive.FolderName && !places.Contains(Bare(f))).Select(Remove), .. folders.Where(f => f.EndsWith(Gone, StringComparison.Ordinal) && places.Contains(Bare(f))).Select(Remove)];
    }

    private static string Bare(string folder) => folder.EndsWith(Gone, StringComparison.Ordinal) ? folder[..^Gone.Length]
        : folder.EndsWith(BaseFolder.Draft, StringComparison.Ordinal) ? folder[..^BaseFolder.Draft.Length] : folder;

    private static (string Place, string? Trouble) Remove(string folder)
    {
        try
        {
            SnapshotFolder.RemoveTree(folder);
            return (folder, null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (folder, e.Message);
        }
    }
}
