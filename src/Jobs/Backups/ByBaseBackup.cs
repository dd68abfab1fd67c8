using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Snapshots;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Backups;

/// <summary>pg_basebackup with its WAL, on to a restore point at which the rows were counted; every file is read back before it counts as a backup.</summary>
internal sealed class ByBaseBackup(WalArchive archive, Storage storage) : IBackupWay
{
    public BackupProvider Provider => BackupProvider.PgBasebackup;

    public Storage Storage => storage;

    public async Task<string?> WhyNotAsync(BackupRequest request, CancellationToken cancel)
    {
        await using var session = await request.Target.OpenRepairAsync(cancel).ConfigureAwait(false);
        return await ByPgBasebackup.MissingAsync(Copy(request, session), cancel).ConfigureAwait(false);
    }

    public async Task<string?> NoRoomAsync(BackupRequest request, CancellationToken cancel)
    {
        await using var session = await request.Target.OpenRepairAsync(cancel).ConfigureAwait(false);
        return BackupRoom.WhyNot(request, (await ServerPlaces.OfAsync(Copy(request, session), cancel).ConfigureAwait(false)).Bytes);
    }

    public async Task<TakenBackup> TakeAsync(BackupRequest request, CancellationToken cancel)
    {
        await using var session = await request.Target.OpenRepairAsync(cancel).ConfigureAwait(false);
        var copy = Copy(request, session);
        var places = await ServerPlaces.OfAsync(copy, cancel).ConfigureAwait(false);
        BackupRoom.Require(request, places.Bytes);
        await using var folder = new BaseFolder(Path.GetDirectoryName(request.Place)!, request.Name);
        await using (Growth.Watch(folder.Bytes, places.Bytes, request))
        {
            if (await ByPgBasebackup.RunAsync(copy, places, folder, "healing backup", [], cancel).ConfigureAwait(false) is { } failed)
            {
                throw new HealingException($"no base backup of {request.Target.Name}: {failed}", "Give the repair role REPLICATION and a line for replication in pg_hba.conf; docs/backups.md says how.");
            }
        }
        var wal = await BaseBackupManifest.WalAsync(folder.Data, cancel).ConfigureAwait(false) is [.., var last]
            ? last
            : throw new HealingException($"the base backup of {request.Target.Name} does not say which WAL it needs", "pg_basebackup has left no backup_manifest that can be read; see that no wrapper of it is on the PATH.");
        request.Say("reading every file back");
        using var needless = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var whole = RequireWholeAsync(folder.Data, needless.Token);
        PointCounted counted;
        try
        {
            counted = await CountedAsync(request, session, copy, places.Bytes, folder, cancel).ConfigureAwait(false);
            await folder.ListWalAsync(cancel).ConfigureAwait(false);
        }
        catch
        {
            await needless.CancelAsync().ConfigureAwait(false);
            throw;
        }
        finally
        {
            // nothing is taken away under the hands of who reads
            await whole.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        await whole.ConfigureAwait(false);
        var bin = await BaseSnapshotTaker.BinAsync(copy, cancel).ConfigureAwait(false);
        var taken = await folder.FinishAsync(request.Manifest("pg_basebackup") with { Lsn = wal.End, WalList = BaseFolder.WalListFile }, BaseSnapshot.BaseBackup, BaseSnapshotTaker.Script(bin, LocalOwner.Usual), cancel).ConfigureAwait(false);
        return new(taken.Place, taken.Sha256, taken.Bytes, places.Bytes, wal.Timeline, wal.Start, counted.Lsn ?? wal.End, counted.Point, counted.Rows.ToJson());
    }

    /// <summary>The server's rows at a restore point, whose WAL comes along.</summary>
    private static async Task<PointCounted> CountedAsync(BackupRequest request, Npgsql.NpgsqlConnection session, CopyRequest copy, long bytes, BaseFolder folder, CancellationToken cancel)
    {
        var counted = await new RestorePointCount(request.Target, session, request.Say).TakeAsync($"healing_{request.Name}", bytes, request.Options.ProveUpTo, cancel).ConfigureAwait(false);
        return counted.Lsn is { } lsn && await new WalTail(copy, Path.Combine(folder.Data, "pg_wal")).ReceiveAsync(lsn, cancel).ConfigureAwait(false) is { } missing
            ? counted with { Point = null, Lsn = null, Rows = counted.Rows with { Exact = false, Why = missing } }
            : counted;
    }

    public async Task<string> RestoreAsync(Backup backup, string directory, RestoreUntil? until, CancellationToken cancel)
    {
        await BackupFiles.RequireWholeAsync(backup, storage, cancel).ConfigureAwait(false);
        var data = Path.Combine(directory, "data");
        await RestoredFiles.MakeAsync(backup.Place, data, cancel).ConfigureAwait(false);
        if (until is not null)
        {
            await archive.BringAsync(backup, Path.Combine(data, "pg_wal"), cancel).ConfigureAwait(false);
        }
        await RecoverySettings.WriteAsync(data, until ?? (backup.RestorePoint is { } point ? new(Point: point) : null), "false", cancel).ConfigureAwait(false);
        await LocalOwner.OwnTreeAsync(directory, cancel).ConfigureAwait(false);
        return data;
    }

    private static async Task RequireWholeAsync(string data, CancellationToken cancel)
    {
        var changed = await FileList.ChangedAsync(Path.Combine(data, "backup_manifest"), data, cancel).ConfigureAwait(false);
        if (changed.Count > 0)
        {
            throw new HealingException($"the disk does not give back what was written to it: {string.Join("; ", changed.Take(5))}", "Look at the disk; the backup was removed.");
        }
    }

    private static CopyRequest Copy(BackupRequest request, Npgsql.NpgsqlConnection session) => new(request.Target, request.Facts, session, request.Name, request.Programs);
}
