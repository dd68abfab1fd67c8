using HealingWorkers.Drill;
using HealingWorkers.Jobs.Backups;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Schedule;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Backups;

/// <summary>A slot that outlives every worker must not fill the server's disk: that bound is the server's, and not ours.</summary>
[TestFixture, NonParallelizable]
internal sealed class WalBoundTests
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(300);
    private Vault _vault = null!;

    [OneTimeSetUp]
    public async Task OpenAsync()
    {
        _vault = await Vault.OpenAsync();
        (_vault.Options.Backups.Wal, _vault.Options.Backups.Provider, _vault.Options.Mode) = (true, BackupProvider.PgBasebackup, HealingMode.Observe);
    }

    [OneTimeTearDown]
    public async Task CloseAsync() => await _vault.DisposeAsync();

    [Test]
    public async Task No_slot_is_made_without_a_bound_and_one_that_is_there_is_told_of()
    {
        var watch = Watch();
        var refused = await Assert.ThrowsAsync<HealingException>(() => watch.OnceAsync(_vault.Target, default));
        Assert.That(refused!.Message, Is.EqualTo($"slot healing_movies is not made: {WalReceiver.Unbounded}"));
        Assert.That(refused.Hint, Does.StartWith("ALTER SYSTEM SET max_slot_wal_keep_size = '12800MB'; SELECT pg_reload_conf()").And.Contain("more than backups.wal_up_to (10240 MB)"));
        Assert.That(await SlotsAsync(), Is.Empty);
        var open = (await OpenIncidentsAsync()).Single();
        Assert.That((open.Kind, open.Detail), Is.EqualTo((FindingKind.WalNotReceived, $"a restore reaches no point after this: {refused.Message}")));

        // as the hint says
        await BoundAsync(refused.Hint!.Split(';')[0], "12800MB");
        using var stop = new CancellationTokenSource();
        var receiving = watch.OnceAsync(_vault.Target, stop.Token);
        await Poll.UntilAsync(async _ => (await OpenIncidentsAsync()).Count == 0, TimeSpan.FromSeconds(30), "the end of the incident");
        Assert.That(await SlotsAsync(), Is.EqualTo(new[] { "healing_movies" }));

        // somebody takes the bound away, or the slot is older than this rule
        await BoundAsync("ALTER SYSTEM RESET max_slot_wal_keep_size", "-1");
        await Poll.UntilAsync(async _ => (await OpenIncidentsAsync()).Count == 1, TimeSpan.FromSeconds(30), "the incident");
        open = (await OpenIncidentsAsync()).Single();
        Assert.That((open.Kind, open.Severity, open.Object.ToString(), open.Repair), Is.EqualTo((FindingKind.WalSlotUnbounded, Severity.Warning, "slot healing_movies", (string?)null)));
        Assert.That(open.Detail, Does.Contain("max_slot_wal_keep_size of the server is -1").And.Contain("ALTER SYSTEM SET max_slot_wal_keep_size = '12800MB'"));
        Assert.That(receiving.IsCompleted, Is.False, "it is received all the same");
        await stop.CancelAsync();
        await Task.WhenAny(receiving);

        // begun again, the slot that is there is kept, and trouble with receiving ends nothing of what is known of the slot
        using var again = new CancellationTokenSource();
        var second = watch.OnceAsync(_vault.Target, again.Token);
        await WalVault.ReceivedAsync(_vault);
        await _vault.Cluster.ExecuteAsync("postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_replication");
        Assert.That((await Assert.ThrowsAsync<HealingException>(() => second))!.Message, Does.StartWith("pg_receivewal ended with"));
        Assert.That((await OpenIncidentsAsync()).Select(i => i.Kind), Is.EquivalentTo(new[] { FindingKind.WalSlotUnbounded, FindingKind.WalNotReceived }));

        var third = watch.OnceAsync(_vault.Target, again.Token);
        await Poll.UntilAsync(async _ => (await OpenIncidentsAsync()) is [{ } one] && one.Kind == FindingKind.WalSlotUnbounded, TimeSpan.FromSeconds(30), "the end of one of them");
        await BoundAsync("ALTER SYSTEM SET max_slot_wal_keep_size = '1GB'", "1GB");
        await Poll.UntilAsync(async _ => (await OpenIncidentsAsync()).Count == 0, TimeSpan.FromSeconds(30), "the end of the other one");
        await again.CancelAsync();
        await Task.WhenAny(third);
    }

    [Test, DependsOnTest(nameof(No_slot_is_made_without_a_bound_and_one_that_is_there_is_told_of), AllowFailure = true)]
    public async Task Who_wants_no_WAL_any_more_hears_no_more_of_a_slot_that_was_never_made()
    {
        await BoundAsync("ALTER SYSTEM RESET max_slot_wal_keep_size", "-1");
        await _vault.Cluster.ExecuteAsync("postgres", "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE NOT active");
        await Assert.ThrowsAsync<HealingException>(() => Watch().OnceAsync(_vault.Target, default));
        Assert.That((await OpenIncidentsAsync()).Single().Kind, Is.EqualTo(FindingKind.WalNotReceived));
        _vault.Options.Backups.Wal = false;
        await Watch().SweepAsync([_vault.Target], default);
        _vault.Options.Backups.Wal = true;
        Assert.That(await OpenIncidentsAsync(), Is.Empty);
    }

    private WalWatch Watch()
    {
        var incidents = new IncidentLedger(_vault.Db);
        var keeper = new ReportKeeper(_vault.Options, incidents, new ReportSpool(Path.Combine(_vault.Options.StateDirectory, ReportSpool.Folder), TimeProvider.System), null!, "worker", NullLogger<ReportKeeper>.Instance);
        // nobody is asked for a repair under observe
        var runner = new CheckRunner(_vault.Options, incidents, new CheckMemory(_vault.Db), new RepairRequests(_vault.Options, incidents, null!), keeper, "worker", FaultInjector.None, NullLogger<CheckRunner>.Instance);
        return new(_vault.Options, new(_vault.Options, _vault.Db, TimeProvider.System, NullLoggerFactory.Instance, "worker"), new(_vault.Db), incidents, runner, TimeProvider.System, "worker") { WorksAfter = Moment, LookEvery = Moment };
    }

    private async Task BoundAsync(string sql, string becomes)
    {
        await _vault.Cluster.ExecuteAsync("postgres", sql);
        await _vault.Cluster.ExecuteAsync("postgres", "SELECT pg_reload_conf()");
        await Poll.UntilAsync(async stop => await _vault.Cluster.ScalarAsync<string>("postgres", "SHOW max_slot_wal_keep_size", ct: stop) == becomes, TimeSpan.FromSeconds(10), "the setting");
    }

    private Task<IReadOnlyList<string>> SlotsAsync() => _vault.Cluster.QueryAsync<string>("postgres", "SELECT slot_name::text FROM pg_replication_slots");

    private Task<IReadOnlyList<Incident>> OpenIncidentsAsync() => new IncidentLedger(_vault.Db).ListAsync(new() { OpenOnly = true }, default);
}
