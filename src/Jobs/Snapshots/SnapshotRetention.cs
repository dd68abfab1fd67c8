using HealingWorkers.Jobs.Incidents;
using Microsoft.Extensions.Logging;

namespace HealingWorkers.Jobs.Snapshots;

/// <summary>Removes the files of snapshots whose time is over, of closed incidents, on this host; their rows stay.</summary>
public sealed class SnapshotRetention(SnapshotLedger ledger, string host, ILogger<SnapshotRetention> log)
{
    private const int AtOnce = 100;

    /// <summary>How many went.</summary>
    public async Task<int> RunAsync(CancellationToken cancel)
    {
        var gone = 0;
        foreach (var snapshot in await ledger.ExpiredAsync(host, AtOnce, cancel).ConfigureAwait(false))
        {
            try
            {
                SnapshotFolder.RemoveTree(snapshot.Place);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                log.LogWarning("the files of snapshot {Snapshot} in {Place} could not be removed: {Error}", snapshot.Id, snapshot.Place, e.Message);
                continue;
            }
            gone += await ledger.RemovedAsync(snapshot.Id, cancel).ConfigureAwait(false) ? 1 : 0;
        }
        return gone;
    }
}
