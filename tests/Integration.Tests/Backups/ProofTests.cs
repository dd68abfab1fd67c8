using HealingWorkers.Dashboard.Metrics;
using HealingWorkers.Drill;
using HealingWorkers.Jobs.Backups;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Schedule;
using HealingWorkers.Jobs.Telemetry;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Backups;

/// <summary>A backup is proven by a restore; what was done to it since, or that it is of another server, is found by name.</summary>
[TestFixture]
internal sealed class ProofTests
{
    private ProofStage _stage = null!;

    [OneTimeSetUp]
    public async Task OpenAsync() => _stage = await ProofStage.OpenAsync();

    [OneTimeTearDown]
    public Task CloseAsync() => _stage.DisposeAsync().AsTask();

    [Test]
    public async Task What_was_backed_up_comes_back_table_by_table_and_page_by_page()
    {
        var backup = await _stage.BackUpAsync();
        Assert.That((await _stage.Tests().NextAsync(_stage.Target, default)).Backup?.Id, Is.EqualTo(backup.Id));

        var report = await _stage.ProveAsync(backup);

        Assert.That(report.Problems, Is.Empty);
        Assert.That(report.Tables.Equal, Is.GreaterThanOrEqualTo(5), string.Join("; ", report.Tables.NotCompared));
        Assert.That(report.Tables.Differs, Is.Empty);
        Assert.That(report.Checksums, Is.EqualTo("verified"), report.ChecksumsSaid);
        Assert.That(report.Pages!.Pages, Is.GreaterThan(500));
        Assert.That(report.Checks.Where(c => c.Database == "movies").Select(c => c.Check), Is.EquivalentTo(CheckCatalogue.All.Select(c => c.Description.Name)), "all of them, also those that nobody runs on a live server");
        Assert.That(report.Checks.Where(c => c.Status is not "clean").Select(c => $"{c.Check}: {c.Reason}"), Is.All.Contains("it needs PostgreSQL 1"));
        Assert.That(report.Phases.Select(p => p.Phase), Is.EqualTo(new[] { "restore", "recovery", "count", "checks", "stop", "pg_checksums", "pages", "remove" }));
        Assert.That((await _stage.Tests().NextAsync(_stage.Target, default)).WhyNot, Is.EqualTo("the newest good backup is proven already"));
        Assert.That((await new BackupLedger(_stage.Db).FindAsync(backup.Id, default))!.ProvenAt, Is.Not.Null);
        using (var metrics = new LedgerMetrics(_stage.Db, TimeProvider.System, NullLogger<LedgerMetrics>.Instance) { WaitedFor = Poll.AtLeast, Patience = Poll.AtLeast })
        {
            var verified = (await metrics.ReadAsync(default)).Single(f => f.Metric == MetricCatalogue.ChecksumsLastVerified).Samples;
            Assert.That(verified.Select(s => (s.Labels.Single().Value, s.Value)), Does.Contain(("movies", await _stage.LedgerAsync<double>($"SELECT extract(epoch FROM ended_at)::float8 FROM healing.restore_tests WHERE backup_id = {backup.Id}"))));
        }
        Assert.That(await _stage.LedgerAsync<string>("SELECT severity || ' ' || (payload->>'message') FROM healing.alerts WHERE event = 'checksums_verified' ORDER BY id DESC LIMIT 1"), Does.StartWith("info checksums verified: all ").And.EndsWith($" as restored from backup {backup.Id}"));
        Assert.That((await _stage.OpenIncidentsAsync()).Select(i => i.Detail), Has.None.Contains($"backup {backup.Id} by"));
    }

    [Test]
    public async Task A_page_that_was_damaged_in_the_backup_is_named_and_the_backup_counts_no_more()
    {
        var backup = await _stage.BackUpAsync();
        var path = (await _stage.Cluster.ScalarAsync<string>("movies", "SELECT pg_relation_filepath('casts')"))!;
        await using (var file = File.Open(Path.Combine(backup.Place, "data", path), FileMode.Open, FileAccess.ReadWrite))
        {
            file.Position = 8192 + 5000;
            var was = file.ReadByte();
            file.Position--;
            file.WriteByte((byte)(was ^ 0x10));
        }

        var report = await _stage.ProveAsync(backup);

        Assert.That(report.Problems.Single(), Does.Contain(path).And.Contain("block 1 does not agree with its checksum"));
        var incident = (await _stage.OpenIncidentsAsync()).Single(i => i.Kind.Name == "backup_not_proven" && i.Detail.Contains($"backup {backup.Id} by", StringComparison.Ordinal));
        Assert.That(incident.Detail, Does.Contain($"backup {backup.Id}").And.Contain(path));
        Assert.That((await new BackupLedger(_stage.Db).FindAsync(backup.Id, default))!.Disproven, Is.True);
        Assert.That((await _stage.Tests().NextAsync(_stage.Target, default)).Backup?.Id, Is.Not.EqualTo(backup.Id));
    }

    [Test]
    public async Task A_disk_that_is_full_says_nothing_of_the_backup()
    {
        var backup = await _stage.BackUpAsync();
        var small = Directory.CreateTempSubdirectory("healing-small-").FullName;
        var (mounted, said) = await Jobs.Targets.Programs.TryRunAsync(["mount", "-t", "tmpfs", "-o", "size=12m,mode=755", "none", small], default);
        if (mounted != 0)
        {
            Assert.Ignore($"no small disk can be made here: {said}");
        }
        try
        {
            var house = new CloneHouse(Path.Combine(small, "clones"), "", "test", TimeProvider.System, _ => long.MaxValue);
            var proof = new RestoreProof(house, CheckCatalogue.All, TimeProvider.System);
            var e = await Assert.ThrowsAsync<Jobs.Errors.HealingException>(() => proof.RunAsync(new(backup, new BackupWays(_stage.Options).Of(backup.Provider), []), default));
            Assert.That(e!.Message, Does.EndWith("the disk of this host is full"));
            Assert.That(Directory.GetDirectories(Path.Combine(small, "clones")), Is.Empty);
        }
        finally
        {
            await Jobs.Targets.Programs.TryRunAsync(["umount", small], default);
            Directory.Delete(small);
        }
    }

    [Test]
    public async Task A_missing_wal_file_is_named()
    {
        var backup = await _stage.BackUpAsync();
        var wal = Directory.EnumerateFiles(Path.Combine(backup.Place, "data", "pg_wal")).Select(f => Path.GetFileName(f)).Where(f => f.Length == 24).Order(StringComparer.Ordinal).First();
        File.Delete(Path.Combine(backup.Place, "data", "pg_wal", wal));

        var report = await _stage.ProveAsync(backup);

        Assert.That(report.Problems.Single(), Does.Contain(wal).And.Contain("missing"));
    }

    [Test]
    public async Task A_backup_of_another_server_is_none_of_this_one()
    {
        var backup = await _stage.BackUpAsync();

        var report = await _stage.ProveAsync(backup with { SystemIdentifier = "4711" });

        Assert.That(report.Problems.Single(), Does.StartWith($"this is a backup of another server: its system identifier is {backup.SystemIdentifier}, and 4711 was expected"));
        Assert.That(report.Phases.Select(p => p.Phase), Is.EqualTo(new[] { "restore", "remove" }), "it is not even started");
    }

    [Test]
    public async Task A_dump_goes_into_a_fresh_server_and_has_the_rows_of_its_snapshot()
    {
        await _stage.Cluster.ExecuteAsync("movies", "CREATE ROLE \"o\"\"brien\"; CREATE TABLE guarded (who text); ALTER TABLE guarded ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON guarded TO \"o\"\"brien\" USING (true)");
        var backup = await _stage.BackUpAsync(BackupProvider.PgDump);

        var report = await _stage.ProveAsync(backup);

        Assert.That(report.Problems, Is.Empty);
        Assert.That((report.Tables.Equal, report.Tables.NotCompared.Count), Is.EqualTo((CountedRows.Of(backup.Counted)!.Tables.Count, 0)));
        Assert.That(report.NotCompared.Select(n => $"{n.What}: {n.Why}"), Has.Some.EqualTo("pages: a dump holds rows and no pages"));
    }

    [Test]
    public async Task A_dump_of_another_database_in_its_place_is_none_of_this_one()
    {
        await _stage.Cluster.CreateDatabaseAsync("films");
        await _stage.Cluster.ExecuteAsync("films", "CREATE TABLE films (id int)");
        var backup = await _stage.BackUpAsync(BackupProvider.PgDump);
        var other = await _stage.BackUpAsync(BackupProvider.PgDump, await _stage.KnowAsync("films"));

        var report = await _stage.ProveAsync(backup with { Place = other.Place, Label = other.Label });

        Assert.That(report.Problems, Is.EqualTo(new[] { "this is a dump of another database: of films, and movies was expected" }));
        Assert.That(report.Phases.Select(p => p.Phase), Is.EqualTo(new[] { "restore", "remove" }), "it goes into no server");
        Assert.That((await new BackupLedger(_stage.Db).FindAsync(backup.Id, default))!.Disproven, Is.True);
    }

    [Test]
    public async Task A_check_that_crashes_the_restored_server_disproves_the_backup()
    {
        var backup = await _stage.BackUpAsync();
        var after = CheckCatalogue.All.First(c => c.Description.FirstMajor <= 14);

        var report = await _stage.ProveAsync(backup, [ProofCheckOf.Crash(), after]);

        Assert.That(report.Problems, Has.Some.Match(@"^movies: the restored server crashed under check crash: .*was terminated by signal 11"));
        Assert.That(report.Checks.Where(c => c.Check == after.Description.Name).Select(c => c.Status), Is.All.EqualTo("clean"), "it runs again");
        Assert.That((await FindAsync(backup)).ProofWord(), Is.EqualTo("bad"));
    }

    [Test]
    public async Task A_check_that_hangs_leaves_it_unproven_and_it_is_tried_again()
    {
        var backup = await _stage.BackUpAsync();

        var report = await _stage.ProveAsync(backup, [ProofCheckOf.Hang()], TimeSpan.FromSeconds(1));

        Assert.That((report.Proven, report.Problems.Count, report.Checksums), Is.EqualTo((false, 0, "verified")));
        Assert.That(report.Undecided, Has.Some.StartsWith("movies: check hang came to no result: it was not done within"));
        Assert.That((await FindAsync(backup)).ProofWord(), Is.EqualTo("unproven"));
        Assert.That((await _stage.Tests().NextAsync(_stage.Target, default)).Backup?.Id, Is.EqualTo(backup.Id));
        Assert.That((await _stage.OpenIncidentsAsync()).Select(i => i.Detail), Has.Some.Contains($"backup {backup.Id} by").And.Some.Contains("check hang came to no result"));
        Assert.That((await new HealingWorkers.Dashboard.Fleet.ProofBook(_stage.Db).ListAsync("movies", 1, default)).Select(p => (p.Word(), p.Error)), Is.EqualTo(new[] { ("undecided", report.Why) }));

        Assert.That((await _stage.ProveAsync(backup, [])).Proven, Is.True);
        Assert.That((await FindAsync(backup)).ProofWord(), Is.EqualTo("proven"));
    }

    [Test]
    public async Task A_truncated_dump_is_named()
    {
        var backup = await _stage.BackUpAsync(BackupProvider.PgDump);
        var archive = Directory.EnumerateFiles(backup.Place).OrderByDescending(f => new FileInfo(f).Length).First();
        await using (var file = File.Open(archive, FileMode.Open))
        {
            file.SetLength(file.Length / 2);
        }

        var report = await _stage.ProveAsync(backup);

        Assert.That(report.Problems.Single(), Does.Contain(archive));
    }

    private async Task<Backup> FindAsync(Backup backup) => (await new BackupLedger(_stage.Db).FindAsync(backup.Id, default))!;

    [Test]
    public async Task One_at_a_time_is_restored_on_a_host()
    {
        var backup = await _stage.BackUpAsync();
        var leases = new Jobs.Incidents.LeaseLedger(_stage.Db);
        var lease = (await leases.TakeAsync(RestoreTests.LeaseOf(Environment.MachineName), "somebody", null, TimeSpan.FromSeconds(30), default))!;
        Assert.That(await _stage.Tests().RunAsync(backup, null, false, static _ => { }, default), Is.Null);
        await leases.ReleaseAsync(lease, default);
    }
}
