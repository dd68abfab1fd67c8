using Dapper;
using HealingWorkers.Drill;
using HealingWorkers.Jobs.Backups;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Options;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Backups;

/// <summary>What is taken comes back, row by row, and what was damaged meanwhile is not restored from.</summary>
[TestFixture, NonParallelizable]
internal sealed class TakeAndRestoreTests
{
    private const string Table = "\"s; --\".\"t'a\"\"b\"";
    private Vault _vault = null!;
    private DirectoryInfo _to = null!;

    [OneTimeSetUp]
    public async Task OpenAsync() => _vault = await Vault.OpenAsync();

    [OneTimeTearDown]
    public async Task CloseAsync() => await _vault.DisposeAsync();

    [SetUp]
    public void MakeRoom()
    {
        _to = Directory.CreateTempSubdirectory("healing-restored-");
        ServerUser.Current.Own(_to.FullName);
    }

    [TearDown]
    public void Clear() => _to.Delete(recursive: true);

    [Test]
    public async Task A_page_whose_checksum_is_wrong_makes_no_backup()
    {
        await _vault.Cluster.ExecuteAsync(Vault.Hostile, "CREATE TABLE rotten AS SELECT g, repeat('x', 200) FROM generate_series(1, 500) g");
        await new Damage(_vault.Cluster, Vault.Hostile).Heap.FlipByteAsync("rotten", 2, 4000, mode: new DamageMode(FixChecksum: false));
        try
        {
            var failed = await Assert.ThrowsAsync<HealingException>(() => _vault.MakeAsync(BackupProvider.PgBasebackup));
            Assert.That(failed!.Message, Does.Contain("pg_basebackup ended with 1"));
        }
        finally
        {
            await _vault.Cluster.ExecuteAsync(Vault.Hostile, "DROP TABLE rotten");
        }
    }

    [Test]
    public async Task A_base_backup_comes_back_as_it_was_at_its_restore_point()
    {
        var space = Directory.CreateDirectory(Path.Combine(_vault.Cluster.SocketDirectory, "sp=ace")).FullName;
        ServerUser.Current.Own(space);
        await _vault.Cluster.ExecuteAsync("postgres", $"CREATE TABLESPACE elsewhere LOCATION '{space}'");
        await _vault.Cluster.ExecuteAsync(Vault.Hostile, "CREATE TABLE far TABLESPACE elsewhere AS SELECT generate_series(1, 70) AS n");
        var before = await _vault.HashesAsync();

        var backup = await _vault.MakeAsync(BackupProvider.PgBasebackup);

        var counted = CountedRows.Of(backup.Counted)!;
        Assert.Multiple(() =>
        {
            Assert.That((backup.State, backup.RestorePoint is not null, backup.Bytes > 1 << 20, backup.Throughput > 0), Is.EqualTo((BackupState.Complete, true, true, true)));
            Assert.That((counted.Exact, counted.Why), Is.EqualTo((true, (string?)null)));
            Assert.That(counted.Tables.Where(t => t.Database == Vault.Hostile).Select(t => (t.Table, t.Rows)), Is.EquivalentTo(new (string, long?)[]
            {
                (Table, 3000), ("public.far", 70), ("public.part_one", 500), ("public.passing", null),
            }));
            Assert.That(counted.Tables.Single(t => t.Table == "public.passing").Why, Is.EqualTo(RowCounts.Unlogged));
            Assert.That(counted.Tables.Select(t => t.Database), Does.Contain("ledger"), "it is a backup of the whole server");
        });
        // what comes after the restore point does not come back
        await _vault.Cluster.ExecuteAsync(Vault.Hostile, $"DELETE FROM {Table} WHERE id <= 100");
        try
        {
            var data = await _vault.Ways.Of(backup.Provider).RestoreAsync(backup, _to.FullName, null, default);
            await using var revived = await Revived.StartAsync(data);
            await using var session = await revived.OpenAsync(Vault.Hostile);
            Assert.That(await RowCounts.OfDatabaseAsync(session, physical: true, default), Is.EqualTo(counted.Tables.Where(t => t.Database == Vault.Hostile)));
            Assert.That(await session.ExecuteScalarAsync<string>($"SELECT md5(string_agg(t::text, '|' ORDER BY id)) FROM {Table} t"), Is.EqualTo(await OfAllAsync()));
            Assert.That(await revived.ScalarAsync<long>(Vault.Hostile, "SELECT count(*) FROM public.far"), Is.EqualTo(before["public.far"].Rows));
        }
        finally
        {
            await _vault.Cluster.ExecuteAsync(Vault.Hostile, $"INSERT INTO {Table} SELECT n, md5(n::text) FROM generate_series(1, 100) n");
        }
        Assert.That(await BackupFiles.ChangedAsync(backup, default), Is.Empty, "restoring left it as it was");
        foreach (var victim in new[] { "global/pg_filenode.map", Path.Combine("pg_wal", Path.GetFileName(Directory.EnumerateFiles(Path.Combine(backup.Place, "data", "pg_wal")).Order(StringComparer.Ordinal).Last())) })
        {
            await SpoilAsync(Path.Combine(backup.Place, "data", victim));
            var refused = await Assert.ThrowsAsync<HealingException>(() => _vault.Ways.Of(backup.Provider).RestoreAsync(backup, _to.FullName + "/again", null, default));
            Assert.That(refused!.Message, Does.Contain(victim).And.Contain("has been changed"));
        }
    }

    [Test]
    public async Task A_dump_is_counted_under_its_own_snapshot_and_a_truncated_one_is_refused()
    {
        await using var writer = await _vault.Cluster.OpenAsync(Vault.Hostile);
        await writer.ExecuteAsync($"BEGIN; INSERT INTO {Table} VALUES (100001, 'not yet committed')");
        var backup = await _vault.MakeAsync(BackupProvider.PgDump);
        await writer.ExecuteAsync("ROLLBACK");

        var counted = CountedRows.Of(backup.Counted)!;
        Assert.That((counted.Exact, counted.Tables.Single(t => t.Table == Table).Rows, counted.Tables.Single(t => t.Table == "public.passing").Rows), Is.EqualTo((true, 3000L, 1L)));
        var archive = await _vault.Ways.Of(backup.Provider).RestoreAsync(backup, _to.FullName, null, default);
        await _vault.Cluster.CreateDatabaseAsync("again");
        await RunAsync("pg_restore", "-h", _vault.Cluster.SocketDirectory, "-p", $"{_vault.Cluster.Port}", "-U", "postgres", "-d", "again", "--exit-on-error", archive);
        var (original, restored) = (await _vault.HashesAsync(), await TableHash.OfDatabaseAsync(_vault.Cluster, "again"));
        Assert.That(restored[Table], Is.EqualTo(original[Table]));
        await _vault.Cluster.ExecuteAsync("postgres", "DROP DATABASE again");

        await using (var file = File.OpenWrite(archive))
        {
            file.SetLength(file.Length - 1);
        }
        Assert.That((await Assert.ThrowsAsync<HealingException>(() => _vault.Ways.Of(backup.Provider).RestoreAsync(backup, _to.FullName, null, default)))!.Message, Does.Contain("has been changed"));
    }

    [Test]
    public async Task Counts_of_a_server_that_is_written_to_all_the_time_are_not_called_exact()
    {
        await using var writer = await _vault.Cluster.OpenAsync(Vault.Hostile);
        await writer.ExecuteAsync($"BEGIN; INSERT INTO {Table} VALUES (100001, 'under way')");
        var backup = await _vault.MakeAsync(BackupProvider.PgBasebackup);
        await writer.ExecuteAsync("ROLLBACK");
        var counted = CountedRows.Of(backup.Counted)!;
        Assert.That((counted.Exact, counted.Why, counted.Tables.Single(t => t.Table == Table).Rows), Is.EqualTo((false, "transactions wrote all the time, so that no count belongs exactly to the restore point", 3000L)));
    }

    [Test]
    public async Task A_disk_too_full_is_foreseen_with_numbers_and_nothing_is_begun()
    {
        _vault.FreeSpace = _ => 1 << 20;
        try
        {
            foreach (var provider in new[] { BackupProvider.PgBasebackup, BackupProvider.PgDump })
            {
                var before = Directory.EnumerateDirectories(_vault.Root).Count();
                var refused = await Assert.ThrowsAsync<HealingException>(() => _vault.MakeAsync(provider));
                Assert.That(refused!.Message, Does.Match(@"no room for a backup of movies in .*: \d+ MB are needed, 1 MB are free; nothing was begun"));
                Assert.That(Directory.EnumerateDirectories(_vault.Root).Count(), Is.EqualTo(before));
                Assert.That((await _vault.Ledger.ListAsync(null, false, 1, default))[0] is { State: BackupState.Failed, Error: { } error } && error == refused.Message);
            }
        }
        finally
        {
            _vault.FreeSpace = null;
        }
    }

    private async Task<string> OfAllAsync()
    {
        await using var session = await _vault.Cluster.OpenAsync(Vault.Hostile);
        return (await session.ExecuteScalarAsync<string>("SELECT md5(string_agg(t::text, '|' ORDER BY id)) FROM (SELECT n AS id, md5(n::text) AS word FROM generate_series(1, 3000) n) t"))!;
    }

    private static async Task SpoilAsync(string file)
    {
        await using var stream = new FileStream(file, FileMode.Open, FileAccess.ReadWrite);
        stream.Position = 100;
        var old = stream.ReadByte();
        stream.Position = 100;
        stream.WriteByte((byte)~old);
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(PgBinaries.Default[program], arguments) { RedirectStandardError = true, UseShellExecute = false })!;
        var said = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.That(process.ExitCode, Is.Zero, said);
    }
}
