using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Snapshots;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Backups;

/// <summary>pg_dump in its custom format; the rows are counted under the very snapshot that is dumped, so that the numbers are exact.</summary>
internal sealed class ByDump(Storage storage) : IBackupWay
{
    private const string Program = "pg_dump";

    public BackupProvider Provider => BackupProvider.PgDump;

    public Storage Storage => storage;

    public async Task<string?> WhyNotAsync(BackupRequest request, CancellationToken cancel) =>
        await FindAsync(request, cancel).ConfigureAwait(false) is null ? $"{Program} of PostgreSQL {request.Facts.Major} is not installed here" : null;

    public async Task<string?> NoRoomAsync(BackupRequest request, CancellationToken cancel)
    {
        await using var session = await request.Target.OpenRepairAsync(cancel).ConfigureAwait(false);
        return BackupRoom.WhyNot(request, await session.FirstAsync<long>(Sql.Of<ByDump>("database_size"), null, cancel).ConfigureAwait(false));
    }

    public async Task<TakenBackup> TakeAsync(BackupRequest request, CancellationToken cancel)
    {
        await using var session = await request.Target.OpenRepairAsync(cancel).ConfigureAwait(false);
        var bytes = await session.FirstAsync<long>(Sql.Of<ByDump>("database_size"), null, cancel).ConfigureAwait(false);
        BackupRoom.Require(request, bytes);
        // the snapshot lives as long as this transaction, and this transaction waits for pg_dump
        await session.DoAsync("SET idle_in_transaction_session_timeout = 0; BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", null, cancel).ConfigureAwait(false);
        var snapshot = (await session.FirstAsync<string>(Sql.Of<ByDump>("export_snapshot"), null, cancel).ConfigureAwait(false))!;
        await using var folder = new DumpFolder(request.Place);
        IReadOnlyList<CountedTable> tables;
        await using (Growth.Watch(folder.Bytes, bytes, request))
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            var dump = DumpAsync(request, session, snapshot, folder.File, stop.Token);
            try
            {
                tables = await RowCounts.WithinAsync(session, physical: false, static _ => { }, cancel).ConfigureAwait(false);
                await dump.ConfigureAwait(false);
            }
            finally
            {
                await stop.CancelAsync().ConfigureAwait(false);
                await Task.WhenAny(dump).ConfigureAwait(false);
            }
        }
        await session.DoAsync("ROLLBACK", null, CancellationToken.None).ConfigureAwait(false);
        var written = folder.Bytes();
        var hash = await folder.FinishAsync(request.Manifest(Program), cancel).ConfigureAwait(false);
        return new(request.Place, hash, written, bytes, null, null, null, null, new CountedRows(true, null, tables).ToJson());
    }

    public async Task<string> RestoreAsync(Backup backup, string directory, RestoreUntil? until, CancellationToken cancel)
    {
        if (until is not null)
        {
            throw new HealingException($"backup {backup.Id} is a dump, which knows one moment only", "Restore it as it is, or go to a point in time from a physical backup.");
        }
        await BackupFiles.RequireWholeAsync(backup, storage, cancel).ConfigureAwait(false);
        return Path.Combine(backup.Place, DumpFolder.Archive);
    }

    private static async Task DumpAsync(BackupRequest request, NpgsqlConnection session, string snapshot, string file, CancellationToken cancel)
    {
        var program = await FindAsync(request, cancel).ConfigureAwait(false) ?? throw new HealingException($"{Program} of PostgreSQL {request.Facts.Major} is not installed here", "Install postgresql-client of that version.");
        var login = ClientLogin.Of(session, TargetConnection.ForRepairs(request.Target.Options), request.Facts.Role, "healing backup").To(session.Database);
        var (code, said) = await Programs.RunTiedAsync([program, "--format", "custom", "--file", file, "--snapshot", snapshot, "--lock-wait-timeout", "60s", .. login.Words], login.Environment, cancel).ConfigureAwait(false);
        if (code != 0)
        {
            throw new HealingException($"no dump of {request.Target.Name}: {Program} ended with {code}: {ByPgBasebackup.Words(said)}", "The repair role must be allowed to read every table.");
        }
    }

    private static Task<string?> FindAsync(BackupRequest request, CancellationToken cancel) => ServerPrograms.FindAsync(Program, request.Target, request.Facts, request.Programs, cancel);
}
