using HealingWorkers.Jobs.Incidents;
using Microsoft.Extensions.Logging;

namespace HealingWorkers.Jobs.Snapshots;

/// <summary>
/// Removes the files of snapshots whose time is over, of closed incidents, that lie here; their rows stay.
/// And what is left of a copy of a server whose maker died: before it had its name, or before the ledger knew of it.
/// </summary>
/// <param name="bases">Where copies of whole servers are.</param>
/// <param name="keep">How long a whole copy stays that this ledger does not know: it may be all that is left of one that was lost.</param>
public sealed class SnapshotRetention(SnapshotLedger ledger, LeaseLedger leases, string bases, TimeSpan keep, Storage storage, TimeProvider clock, ILogger<SnapshotRetention> log)
{
    private const int AtOnce = 100;

    /// <summary>How many went.</summary>
    public async Task<int> RunAsync(CancellationToken cancel)
    {
        var (gone, emptied) = (0, new HashSet<string>(StringComparer.Ordinal));
        for (var after = 0L; await ledger.ExpiredAsync(after, AtOnce, cancel).ConfigureAwait(false) is { Count: > 0 } some; after = some[^1].Id)
        {
            // incidents share a place: what is gone with the first of them cannot be seen any more for the second
            foreach (var snapshot in some.Where(s => emptied.Contains(s.Place) || storage.Holds(s.Host, s.Place, s.Sha256)))
            {
                if (Remove(snapshot))
                {
                    emptied.Add(snapshot.Place);
                    gone += await ledger.RemovedAsync(snapshot.Id, cancel).ConfigureAwait(false) ? 1 : 0;
                }
            }
        }
        await ClearAsync(cancel).ConfigureAwait(false);
        return gone;
    }

    private bool Remove(SnapshotRow snapshot)
    {
        try
        {
            SnapshotFolder.RemoveTree(snapshot.Place);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log.LogWarning("the files of snapshot {Snapshot} in {Place} could not be removed: {Error}", snapshot.Id, snapshot.Place, e.Message);
            return false;
        }
    }

    private bool IsOver(string folder) => folder.EndsWith(BaseFolder.Draft, StringComparison.Ordinal) || clock.GetUtcNow().UtcDateTime - Directory.GetLastWriteTimeUtc(folder) > keep;

    private async Task ClearAsync(CancellationToken cancel)
    {
        if (!Directory.Exists(bases))
        {
            return;
        }
        // The folders are read first: what is made after that is nobody's remains.
        var folders = Directory.EnumerateDirectories(bases).ToList();
        var makers = (await leases.BasesAsync(cancel).ConfigureAwait(false)).ToHashSet(StringComparer.Ordinal);
        // by their names, which are of one copy only: the directory may be mounted under another path by whoever made it
        var known = (await ledger.PlacesAsync(cancel).ConfigureAwait(false)).Select(p => Path.GetFileName(p)).ToHashSet(StringComparer.Ordinal);
        foreach (var folder in folders.Where(f => !known.Contains(Path.GetFileName(f)) && !makers.Contains(Path.GetFileName(f).Replace(BaseFolder.Draft, "", StringComparison.Ordinal)) && IsOver(f)))
        {
            try
            {
                SnapshotFolder.RemoveTree(folder);
                log.LogInformation("{Folder} was left by a worker that died while it copied a server, and is removed", folder);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                log.LogWarning("{Folder} could not be removed: {Error}", folder, e.Message);
            }
        }
    }
}
