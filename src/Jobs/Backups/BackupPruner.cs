using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Snapshots;
using Microsoft.Extensions.Logging;

namespace HealingWorkers.Jobs.Backups;

/// <summary>Removes, of those that lie here, the backups that retention lets go: marked in the ledger first, then their files; and what makers that died have left.</summary>
public sealed class BackupPruner(HealingOptions options, BackupLedger ledger, LeaseLedger leases, TimeProvider clock, string worker, ILogger<BackupPruner> log)
{
    public const string GoneAlready = "its repository has expired it";
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(30);
    private readonly BackupWays _ways = new(options);

    /// <summary>What would be done.</summary>
    public async Task<IReadOnlyList<RetentionDecision>> PlanAsync(CancellationToken cancel) =>
        RetentionPlan.Of((await AllAsync(cancel).ConfigureAwait(false)).Where(b => IsOurs(b) && IsThere(b)).Select(Here), options.Backups.Keep, clock.GetUtcNow());

    private Task<IReadOnlyList<Backup>> AllAsync(CancellationToken cancel) => ledger.ListAsync(null, removed: false, int.MaxValue, cancel);

    /// <summary>What failed and left nothing that can be seen here is for anybody to strike off: whoever made it may have gone with its name.</summary>
    private bool IsOurs(Backup backup) => _ways.IsHere(backup) || (backup.State == BackupState.Failed && !Directory.Exists(backup.Place));

    /// <summary>What lies in one place is decided about together, whatever the place was called when it was made.</summary>
    private Backup Here(Backup backup) => backup with { Host = _ways.Of(backup.Provider).Storage.Name };

    /// <summary>What is not there (its disk is not mounted) takes nobody's place, and goes nowhere.</summary>
    private static bool IsThere(Backup backup) => backup is not { State: BackupState.Complete } || backup.Provider == BackupProvider.Pgbackrest || File.Exists(Path.Combine(backup.Place, SnapshotManifest.FileName));

    /// <summary>What was removed.</summary>
    public async Task<IReadOnlyList<RetentionDecision>> RunAsync(CancellationToken cancel)
    {
        await AbandonAsync(cancel).ConfigureAwait(false);
        var removed = new List<RetentionDecision>();
        await ForgetAsync(removed, cancel).ConfigureAwait(false);
        foreach (var decision in (await PlanAsync(cancel).ConfigureAwait(false)).Where(d => !d.Keep))
        {
            if (!await ledger.RemovedAsync(decision.Backup.Id, decision.Why, cancel).ConfigureAwait(false))
            {
                continue;
            }
            removed.Add(decision);
            try
            {
                await _ways.Of(decision.Backup.Provider).RemoveAsync(decision.Backup, cancel).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                log.LogWarning("the files of backup {Backup} in {Place} could not be removed, and are tried again within the hour: {Error}", decision.Backup.Id, decision.Backup.Place, e.Message);
            }
        }
        foreach (var (place, trouble) in await Leftovers.SweepAsync(_ways.Root, () => OverAsync(cancel)).ConfigureAwait(false))
        {
            log.Log(trouble is null ? LogLevel.Information : LogLevel.Warning, "{Place} is of a backup that failed or was removed, and goes {Trouble}", place, trouble);
        }
        await PruneWalAsync(cancel).ConfigureAwait(false);
        return removed;
    }

    /// <summary>What pgbackrest has expired is a backup no more.</summary>
    private async Task ForgetAsync(List<RetentionDecision> removed, CancellationToken cancel)
    {
        foreach (var backup in (await AllAsync(cancel).ConfigureAwait(false)).Where(b => b.State == BackupState.Complete && _ways.IsHere(b)))
        {
            try
            {
                if (await _ways.Of(backup.Provider).IsExpiredAsync(backup, cancel).ConfigureAwait(false) && await ledger.RemovedAsync(backup.Id, GoneAlready, cancel).ConfigureAwait(false))
                {
                    removed.Add(new(backup, false, GoneAlready));
                }
            }
            catch (HealingException e)
            {
                log.LogWarning("it cannot be seen whether its repository still has backup {Backup}: {Reason}", backup.Id, e.Message);
            }
        }
    }

    /// <summary>Whoever still claims to run without holding the lease of his server is dead.</summary>
    private async Task AbandonAsync(CancellationToken cancel)
    {
        var servers = (await AllAsync(cancel).ConfigureAwait(false)).Where(b => b.State == BackupState.Running).Select(b => b.SystemIdentifier).Distinct(StringComparer.Ordinal);
        foreach (var server in servers.ToList())
        {
            if (await leases.TakeAsync(BackupMaker.LeaseOf(server), worker, null, Moment, cancel).ConfigureAwait(false) is { } lease)
            {
                await ledger.AbandonAsync(server, cancel).ConfigureAwait(false);
                await leases.ReleaseAsync(lease, cancel).ConfigureAwait(false);
            }
        }
    }

    private async Task<IReadOnlySet<string>> OverAsync(CancellationToken cancel) => (await ledger.OverAsync(cancel).ConfigureAwait(false)).ToHashSet(StringComparer.Ordinal);

    private async Task PruneWalAsync(CancellationToken cancel)
    {
        // a directory that several hosts share holds the WAL of all of them
        var kept = (await AllAsync(cancel).ConfigureAwait(false)).Where(b => b is { Provider: BackupProvider.PgBasebackup, State: BackupState.Running or BackupState.Complete });
        foreach (var server in kept.GroupBy(b => b.SystemIdentifier))
        {
            // one that is being made has not said yet where it begins
            if (server.All(b => b.WalFrom is not null) && _ways.Archive.OldestNeeded(server) is { } oldest)
            {
                var gone = _ways.Archive.Prune(server.Key, oldest);
                log.LogDebug("{Files} files of WAL of server {Server} are older than its oldest backup and went", gone, server.Key);
            }
        }
    }
}
