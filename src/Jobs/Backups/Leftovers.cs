using HealingWorkers.Jobs.Snapshots;

namespace HealingWorkers.Jobs.Backups;

/// <summary>
/// What is left of backups that came to nothing, or were being removed, when their worker died. Only what the ledger itself knows as failed or
/// removed goes: a directory that it does not know may hold the backups of somebody else, or all that is left after the ledger was lost.
/// </summary>
public static class Leftovers
{
    internal const string Gone = ".gone";

    /// <param name="root">Where backups are kept.</param>
    /// <param name="over">Reads the places of backups that failed or were removed.</param>
    /// <returns>What was removed, and what could not be, with why.</returns>
    public static async Task<IReadOnlyList<(string Place, string? Trouble)>> SweepAsync(string root, Func<Task<IReadOnlySet<string>>> over)
    {
        if (!Directory.Exists(root))
        {
            return [];
        }
        var folders = Directory.EnumerateDirectories(root).ToList();
        var places = folders.Count == 0 ? new HashSet<string>(StringComparer.Ordinal) : await over().ConfigureAwait(false);
        // what bears its own name and its manifest was finished: a ledger that came back from a backup calls that very backup one that failed
        return [.. folders.Where(f => places.Contains(Bare(f)) && (Bare(f) != f || !File.Exists(Path.Combine(f, SnapshotManifest.FileName)))).Select(Remove)];
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
