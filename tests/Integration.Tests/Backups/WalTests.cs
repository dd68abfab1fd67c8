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
        _vault = await Vault.OpenAsync();
        _vault.Options.Backups.Wal = true;
        await _vault.Cluster.ExecuteAsync(Vault.Hostile, "CREATE TABLE said (word text)");
    }

    [OneTimeTearDown]
    public async Task CloseAsync() => await _vault.DisposeAsync();

    [Test]
    public async Task Rows_committed_after_the_backup_are_there_up_to_the_point_that_was_asked_for()
    {
        using var stop = new CancellationTokenSource();
        var receiving = Receiver().RunAsync(stop.Token);
        await ReceivedAsync();
        var backup = await _vault.MakeAsync(BackupProvider.PgBasebackup);
        await _vault.Cluster.ExecuteAsync(Vault.Hostile, "INSERT INTO said VALUES ('after the backup')");
        await _vault.Cluster.ExecuteAsync("postgres", "SELECT pg_switch_wal()");
        await _vault.Cluster.ExecuteAsync(Vault.Hostile, "INSERT INTO said VALUES ('wanted')");
        var lsn = (await _vault.Cluster.ScalarAsync<string>("postgres", "SELECT pg_current_wal_insert_lsn()::text"))!;
        await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        var time = await _vault.Cluster.ScalarAsync<DateTime>("postgres", "SELECT clock_timestamp()");
        await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        await _vault.Cluster.ExecuteAsync(Vault.Hostile, "INSERT INTO said VALUES ('a mistake')");
        await ReceivedAsync();

        Assert.That(await WordsAsync(backup, null), Is.Empty, "the backup alone");
        Assert.That(await WordsAsync(backup, new(Lsn: lsn)), Is.EqualTo("after the backup, wanted"));
        Assert.That(await WordsAsync(backup, new(Time: new DateTimeOffset(time.ToUniversalTime(), TimeSpan.Zero))), Is.EqualTo("after the backup, wanted"));
        Assert.That(await WordsAsync(backup, RestoreUntil.End), Is.EqualTo("after the backup, wanted, a mistake"));
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
        Assert.That(await Receiver().RunAsync(default), Does.Contain("has already been removed"), "what was missed is missed");
        using var again = new CancellationTokenSource();
        var second = Receiver().RunAsync(again.Token);
        await ReceivedAsync();
        Assert.That(await WordsAsync(backup, RestoreUntil.End), Is.EqualTo("after the backup, wanted, a mistake"), "what had been received before is still used");
        var later = await _vault.MakeAsync(BackupProvider.PgBasebackup);
        await _vault.Cluster.ExecuteAsync(Vault.Hostile, "INSERT INTO said VALUES ('later')");
        await ReceivedAsync();
        Assert.That(await WordsAsync(later, RestoreUntil.End), Is.EqualTo("after the backup, wanted, a mistake, later"));
        await again.CancelAsync();
        await Task.WhenAny(second);

        Assert.That(_vault.Ways.Archive.Prune(later.SystemIdentifier, WalArchive.OldestNeeded([later])!), Is.GreaterThan(0));
        Assert.That(Directory.EnumerateDirectories(Path.GetDirectoryName(Archive)!), Is.EqualTo(new[] { Archive }), "what only the older backup needed is gone");
        Assert.That((await Assert.ThrowsAsync<HealingException>(() => WordsAsync(backup, RestoreUntil.End)))!.Message, Does.Contain("was not received, so that no later point than its own can be reached"));
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

    private WalReceiver Receiver() => new(_vault.Target, _vault.Options.Backups, "", _vault.Ways.Archive) { LookEvery = TimeSpan.FromMilliseconds(200) };

    private async Task ReceivedAsync()
    {
        var lsn = await _vault.Cluster.ScalarAsync<string>("postgres", "SELECT pg_current_wal_lsn()::text");
        await Poll.UntilAsync(async stop => await _vault.Cluster.ScalarAsync<bool>("postgres",
            "SELECT EXISTS (SELECT FROM pg_stat_replication WHERE application_name = 'healing wal' AND flush_lsn >= @lsn::pg_lsn)", new { lsn }, stop), TimeSpan.FromSeconds(60), $"all WAL up to {lsn} received");
    }

    private async Task<string> WordsAsync(Backup backup, RestoreUntil? until)
    {
        var to = Directory.CreateTempSubdirectory("healing-restored-");
        ServerUser.Current.Own(to.FullName);
        try
        {
            await using var revived = await Revived.StartAsync(await _vault.Ways.Of(backup.Provider).RestoreAsync(backup, to.FullName, until, default));
            return string.Join(", ", await (await revived.OpenAsync(Vault.Hostile)).QueryAsync<string>("SELECT word FROM said ORDER BY ctid"));
        }
        finally
        {
            to.Delete(recursive: true);
        }
    }
}
