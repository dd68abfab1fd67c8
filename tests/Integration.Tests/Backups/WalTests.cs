using Dapper;
using HealingWorkers.Drill;
using HealingWorkers.Jobs.Backups;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Options;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Backups;

/// <summary>WAL that is received all the time: a restore reaches any point since a backup, and the server's disk is never filled by it.</summary>
[TestFixture, NonParallelizable]
internal sealed class WalTests
{
    private Vault _vault = null!;

    private string Archive => _vault.Ways.Archive.Of(_vault.Cluster.ScalarAsync<string>("postgres", "SELECT system_identifier::text FROM pg_control_system()").GetAwaiter().GetResult()!);

    [OneTimeSetUp]
    public async Task OpenAsync()
    {
        _vault = await WalVault.OpenAsync();
    }

    [OneTimeTearDown]
    public async Task CloseAsync() => await _vault.DisposeAsync();

    [Test]
    public async Task Rows_committed_after_the_backup_are_there_up_to_the_point_that_was_asked_for()
    {
        using var stop = new CancellationTokenSource();
        var receiving = Receiver().RunAsync(stop.Token);
        await WalVault.ReceivedAsync(_vault);
        var backup = await _vault.MakeAsync(BackupProvider.PgBasebackup);
        await _vault.Cluster.ExecuteAsync(Vault.Hostile, "INSERT INTO said VALUES ('after the backup')");
        await _vault.Cluster.ExecuteAsync("postgres", "SELECT pg_switch_wal()");
        await _vault.Cluster.ExecuteAsync(Vault.Hostile, "INSERT INTO said VALUES ('wanted')");
        var lsn = (await _vault.Cluster.ScalarAsync<string>("postgres", "SELECT pg_current_wal_insert_lsn()::text"))!;
        await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        var time = await _vault.Cluster.ScalarAsync<DateTime>("postgres", "SELECT clock_timestamp()");
        await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        await _vault.Cluster.ExecuteAsync(Vault.Hostile, "INSERT INTO said VALUES ('a mistake')");
        await WalVault.ReceivedAsync(_vault);

        Assert.That(await WalVault.WordsAsync(_vault, backup, null), Is.Empty, "the backup alone");
        Assert.That(await WalVault.WordsAsync(_vault, backup, new(Lsn: lsn)), Is.EqualTo("after the backup, wanted"));
        Assert.That(await WalVault.WordsAsync(_vault, backup, new(Time: new DateTimeOffset(time.ToUniversalTime(), TimeSpan.Zero))), Is.EqualTo("after the backup, wanted"));
        Assert.That(await WalVault.WordsAsync(_vault, backup, RestoreUntil.End), Is.EqualTo("after the backup, wanted, a mistake"));
        await stop.CancelAsync();
        Assert.That(async () => await receiving, Throws.InstanceOf<OperationCanceledException>());

        // nobody receives now, and the slot holds back what is written
        _vault.Options.Backups.WalUpTo = 20 << 20;
        for (var n = 0; n < 3; n++)
        {
            await _vault.Cluster.ExecuteAsync("postgres", "SELECT pg_logical_emit_message(false, 'x', 'x'); SELECT pg_switch_wal(); CHECKPOINT");
        }
        Assert.That(await Receiver().RunAsync(default), Does.Match(@"^slot healing_movies held back \d+ MB of WAL on the server, backups.wal_up_to is 20 MB: it was dropped$"));
        Assert.That(await _vault.Cluster.ScalarAsync<long>("postgres", "SELECT count(*) FROM pg_replication_slots"), Is.Zero);
        await _vault.Cluster.ExecuteAsync("postgres", "SELECT pg_logical_emit_message(false, 'x', 'x'); SELECT pg_switch_wal(); CHECKPOINT; CHECKPOINT");
        Assert.That(await Receiver().RunAsync(default), Does.StartWith("pg_receivewal ended with"), "what was missed is missed");
        using var again = new CancellationTokenSource();
        var second = AgainAndAgainAsync(again.Token);
        await WalVault.ReceivedAsync(_vault);
        Assert.That(await WalVault.WordsAsync(_vault, backup, RestoreUntil.End), Is.EqualTo("after the backup, wanted, a mistake"), "what had been received before is still used");
        var later = await _vault.MakeAsync(BackupProvider.PgBasebackup);
        await _vault.Cluster.ExecuteAsync(Vault.Hostile, "INSERT INTO said VALUES ('later')");
        await WalVault.ReceivedAsync(_vault);
        Assert.That(await WalVault.WordsAsync(_vault, later, RestoreUntil.End), Is.EqualTo("after the backup, wanted, a mistake, later"));
        await again.CancelAsync();
        await Task.WhenAny(second);

        Assert.That(_vault.Ways.Archive.Prune(later.SystemIdentifier, _vault.Ways.Archive.OldestNeeded([later with { Place = "/on/another/host" }])!), Is.GreaterThan(0));
        Assert.That(Directory.EnumerateDirectories(Path.GetDirectoryName(Archive)!), Is.EqualTo(new[] { Archive }), "what only the older backup needed is gone");
        Assert.That((await Assert.ThrowsAsync<HealingException>(() => WalVault.WordsAsync(_vault, backup, RestoreUntil.End)))!.Message, Does.Contain("was not received, so that no later point than its own can be reached"));
    }

    [Test]
    public async Task A_slot_that_nobody_wants_any_more_goes_and_that_of_others_stays()
    {
        var slots = new WalSlots(_vault.Ledger, new(_vault.Db), "worker");
        await _vault.Cluster.ExecuteAsync("postgres", "SELECT pg_create_physical_replication_slot('healing_movies', true) WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = 'healing_movies'); SELECT pg_create_physical_replication_slot('somebody_elses', true)");
        var incidents = new Jobs.Incidents.IncidentLedger(_vault.Db);
        var id = await incidents.RegisterTargetAsync("movies", await _vault.Target.FactsAsync(default), default);
        await _vault.Db.InTransactionAsync((c, t) => c.ExecuteAsync("DELETE FROM healing.check_runs WHERE check_name = 'wal'", transaction: t), default);
        Assert.That(await slots.DropAsync(_vault.Target, default), Is.Empty, "this ledger has never received here: it is another one's");
        await incidents.TakeInAsync(id, new("wal", Jobs.Checks.CheckStatus.Clean, TimeSpan.Zero, null, [], [0]), null, 3, "worker", default);
        Assert.That(await slots.DropAsync(_vault.Target, default), Is.EqualTo(new[] { "healing_movies" }));
        Assert.That(await _vault.Cluster.QueryAsync<string>("postgres", "SELECT slot_name::text FROM pg_replication_slots"), Is.EqualTo(new[] { "somebody_elses" }));
        Assert.That(await slots.DropAsync(_vault.Target, default), Is.Empty);
        await _vault.Cluster.ExecuteAsync("postgres", "SELECT pg_drop_replication_slot('somebody_elses')");
    }

    [Test]
    public async Task A_dry_run_foresees_a_full_disk_and_makes_nothing()
    {
        _vault.Options.Backups.Directory = Path.Combine(_vault.Options.StateDirectory, "not", "there");
        _vault.FreeSpace = _ => 1 << 20;
        try
        {
            foreach (var provider in new[] { BackupProvider.PgBasebackup, BackupProvider.PgDump })
            {
                _vault.Options.Backups.Provider = provider;
                Assert.That(await _vault.Maker().WhyNotAsync(_vault.Target, default), Does.Match("^no room for a backup of movies in .*: \\d+ MB are needed, 1 MB are free$"));
            }
            Assert.That(Directory.Exists(Path.Combine(_vault.Options.StateDirectory, "not")), Is.False);
        }
        finally
        {
            (_vault.FreeSpace, _vault.Options.Backups.Directory) = (null, "");
        }
    }

    [Test]
    public async Task A_full_disk_is_foreseen()
    {
        var receiver = new WalReceiver(_vault.Target, _vault.Options.Backups, "", _vault.Ways.Archive) { FreeSpace = _ => 1 << 20 };
        Assert.That((await Assert.ThrowsAsync<HealingException>(() => receiver.RunAsync(default)))!.Message, Does.Match("no room for WAL in .*: 1 MB are free, 512 MB are left alone"));
    }

    [TestCase("movies", "healing_movies")]
    [TestCase("My Films;--", "healing_my_films___")]
    public void A_slot_is_named_as_servers_allow(string target, string slot) => Assert.That(WalReceiver.SlotOf(target), Is.EqualTo(slot));

    private WalReceiver Receiver() => WalVault.Receiver(_vault);

    /// <summary>As the watch does: what ends is begun again.</summary>
    private async Task AgainAndAgainAsync(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            await Receiver().RunAsync(cancel);
        }
    }
}
