using HealingWorkers.Drill;
using HealingWorkers.Integration.Tests.Deploy;
using HealingWorkers.Jobs.Backups;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Schedule;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Backups;

/// <summary>Debian's pgbackrest with a real repository: its backup, verify, expire and restore.</summary>
[TestFixture, NonParallelizable]
internal sealed class PgBackRestTests
{
    private DirectoryInfo _place = null!;
    private Vault _vault = null!;

    private string Config => Path.Combine(_place.FullName, "pgbackrest.conf");

    [OneTimeSetUp]
    public async Task OpenAsync()
    {
        Monitoring.Require("/usr/bin/pgbackrest", "pgbackrest");
        _place = Directory.CreateTempSubdirectory("healing-rest-");
        File.SetUnixFileMode(_place.FullName, (UnixFileMode)0b111_101_101);
        _vault = await Vault.OpenAsync(new PgClusterOptions
        {
            Settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["archive_mode"] = "on", ["archive_command"] = $"pgbackrest --config={Config} --stanza=movies archive-push %p" },
        });
        foreach (var part in new[] { "repo", "log", "lock" })
        {
            ServerUser.Current.Own(Directory.CreateDirectory(Path.Combine(_place.FullName, part)).FullName);
        }
        await File.WriteAllTextAsync(Config, $"""
            [global]
            repo1-path={_place.FullName}/repo
            repo1-retention-full=1
            log-path={_place.FullName}/log
            lock-path={_place.FullName}/lock
            start-fast=y
            [movies]
            pg1-path={_vault.Cluster.DataDirectory}
            pg1-socket-path={_vault.Cluster.SocketDirectory}
            pg1-port={_vault.Cluster.Port}

            """);
        _vault.Options.Backups.PgBackRest.Config = Config;
    }

    [OneTimeTearDown]
    public async Task CloseAsync()
    {
        if (_vault is not null)
        {
            await _vault.DisposeAsync();
        }
        _place?.Delete(recursive: true);
    }

    [Test]
    public async Task It_is_taken_verified_restored_and_expired_by_its_own_means()
    {
        Assert.That((await Assert.ThrowsAsync<HealingException>(() => _vault.MakeAsync(BackupProvider.Pgbackrest)))!.Message, Is.EqualTo("no backup of movies can be made: pgbackrest says of stanza movies: missing stanza path"));
        await RunAsync("stanza-create");
        var hashes = await _vault.HashesAsync();

        var backup = await _vault.MakeAsync(BackupProvider.Pgbackrest);

        var counted = CountedRows.Of(backup.Counted)!;
        Assert.That((backup.State, backup.Label!.EndsWith('F'), counted.Exact, backup.Bytes > 0, backup.ServerBytes > backup.Bytes), Is.EqualTo((BackupState.Complete, true, true, true, true)));
        await _vault.Cluster.ExecuteAsync(Vault.Hostile, "CREATE TABLE after_it (id int)");
        await RunAsync("check");
        var to = Directory.CreateTempSubdirectory("healing-restored-");
        ServerUser.Current.Own(to.FullName);
        try
        {
            await using var revived = await Revived.StartAsync(await _vault.Ways.Of(backup.Provider).RestoreAsync(backup, to.FullName, null, default));
            await using var session = await revived.OpenAsync(Vault.Hostile);
            Assert.That(await RowCounts.OfDatabaseAsync(session, physical: true, default), Is.EqualTo(counted.Tables.Where(t => t.Database == Vault.Hostile)), "and without what came after it");
            Assert.That(await revived.ScalarAsync<long>(Vault.Hostile, "SELECT count(*) FROM \"s; --\".\"t'a\"\"b\" WHERE word = md5(id::text)"), Is.EqualTo(hashes["\"s; --\".\"t'a\"\"b\""].Rows));
        }
        finally
        {
            to.Delete(recursive: true);
        }

        await ProveAsync(backup);

        var second = await _vault.MakeAsync(BackupProvider.Pgbackrest);
        Assert.That(second.Label, Does.EndWith("D").And.StartWith(backup.Label), "the full one is young");
        Assert.That((backup.IsReadAnew, second.IsReadAnew), Is.EqualTo((true, false)), "it keeps what the full one has of files that nobody has written to since");
        await ProveAsync(second);
        await RunAsync("backup", "--type=full");
        var gone = await new BackupPruner(_vault.Options, _vault.Ledger, new LeaseLedger(_vault.Db), TimeProvider.System, "pruner", NullLogger<BackupPruner>.Instance).RunAsync(default);
        Assert.That(gone.Select(d => (d.Backup.Id, d.Why)), Is.EquivalentTo(new[] { (backup.Id, BackupPruner.GoneAlready), (second.Id, BackupPruner.GoneAlready) }));

        var third = await _vault.MakeAsync(BackupProvider.Pgbackrest);
        var victim = Directory.EnumerateFiles(Path.Combine(_place.FullName, "repo", "backup"), "*.gz", SearchOption.AllDirectories).First(f => f.Contains(third.Label!.Split('_')[0], StringComparison.Ordinal) && f.Contains("pg_data/base", StringComparison.Ordinal) && new FileInfo(f).Length > 2000);
        await using (var file = new FileStream(victim, FileMode.Open, FileAccess.ReadWrite))
        {
            file.Position = 1000;
            file.Write("damage"u8);
        }
        var refused = await Assert.ThrowsAsync<HealingException>(async () => await _vault.Ways.Of(BackupProvider.Pgbackrest).RestoreAsync(third with { Label = third.Label!.Split('_')[0] }, to.FullName, null, default));
        Assert.That(refused!.Message, Does.Match("pgbackrest verify does not find .* of stanza movies valid: "));

        _vault.FreeSpace = _ => 1 << 20;
        Assert.That((await Assert.ThrowsAsync<HealingException>(() => _vault.MakeAsync(BackupProvider.Pgbackrest)))!.Message, Does.Match($"no room for a backup of movies in {_place.FullName}/repo: .* nothing was begun"));
        _vault.FreeSpace = null;
    }

    /// <summary>It comes back in a server of its own, page by page and row by row.</summary>
    private async Task ProveAsync(Backup backup)
    {
        File.SetUnixFileMode(_vault.Options.StateDirectory, (UnixFileMode)0b111_101_101);
        var tests = new RestoreTests(_vault.Options, _vault.Db, new TargetSet([_vault.Target]), CheckCatalogue.All, TimeProvider.System, "prover");
        var tested = await tests.RunAsync((await _vault.Ledger.FindAsync(backup.Id, default))!, null, keep: false, static _ => { }, default);
        Assert.That(tested!.Report.Why, Is.Empty);
        Assert.That((tested.Report.Checksums, tested.Report.Tables.Equal > 2, tested.Report.Tables.Differs.Count), Is.EqualTo(("verified", true, 0)));
        Assert.That((await _vault.Ledger.FindAsync(backup.Id, default))!.ProvenAt, Is.Not.Null);
        Assert.That(Directory.GetDirectories(Path.Combine(_vault.Options.StateDirectory, "clones")), Is.Empty);
    }

    private async Task RunAsync(params string[] words)
    {
        using var process = System.Diagnostics.Process.Start(ServerUser.Current.Command("/usr/bin/pgbackrest", ["--config=" + Config, "--stanza=movies", "--log-level-console=off", .. words]))!;
        await process.WaitForExitAsync();
        Assert.That(process.ExitCode, Is.Zero);
    }
}
