using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Targets;
using HealingWorkers.Drill;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Checks;

[TestFixture, NonParallelizable]
public sealed class AgeCheckTests
{
    private const string Burn =
        "CREATE PROCEDURE burn() LANGUAGE plpgsql AS $$ BEGIN FOR i IN 1..120000 LOOP BEGIN INSERT INTO t VALUES (i); EXCEPTION WHEN division_by_zero THEN NULL; END; END LOOP; END $$";
    private static readonly AgeLimits Tight = new() { Xids = 1000, SlotXids = 1000, SlotBytes = 1000, Prepared = TimeSpan.Zero };
    private PgCluster _cluster = null!;
    private Target _target = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _cluster = await PgCluster.StartNewAsync();
        await _cluster.ExecuteAsync("postgres", "ALTER SYSTEM SET max_prepared_transactions = 5");
        await _cluster.ExecuteAsync("postgres", "ALTER SYSTEM SET autovacuum_freeze_max_age = 100000");
        await _cluster.ExecuteAsync("postgres", "ALTER SYSTEM SET autovacuum = off");
        await _cluster.ExecuteAsync("postgres", "ALTER SYSTEM SET synchronous_commit = off");
        await _cluster.ExecuteAsync("postgres", "ALTER SYSTEM SET wal_level = logical");
        await _cluster.RestartAsync();
        await _cluster.CreateDatabaseAsync("aged");
        _target = new(new TargetOptions { Name = "aged", Connection = _cluster.ConnectionString("aged") }, TimeProvider.System);
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _target.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    [Test]
    public async Task What_holds_old_rows_is_named_and_nothing_of_it_by_default_limits()
    {
        await _cluster.ExecuteAsync("aged", "CREATE TABLE t (id int); " + Burn);
        await using var coordinator = await _cluster.OpenAsync("aged");
        // a logical slot waits for whatever is open, so it comes first
        await Run(coordinator, "SELECT pg_create_logical_replication_slot('nobody', 'test_decoding')");
        await Run(coordinator, "BEGIN; INSERT INTO t VALUES (1); PREPARE TRANSACTION 'it''s held'");
        await Run(coordinator, "SELECT pg_create_physical_replication_slot('reserved', true), pg_create_physical_replication_slot('fresh')");
        await Run(coordinator, "CALL burn()");
        try
        {
            Assert.That((await LookAsync(new AgeCheck())).Findings, Is.Empty, "a day's work and a young transaction are nothing");

            var report = await LookAsync(new AgeCheck(Tight));

            Assert.That(report.Findings.Select(f => (f.Kind.Name, f.Repair)), Is.EquivalentTo(new[]
            {
                ("wraparound_near", (string?)null), ("horizon_held_by_slot", null), ("horizon_held_by_slot", null), ("horizon_held_by_prepared", null),
            }));
            Assert.That(report.Findings.Select(f => f.Fingerprint), Is.Unique);
            Assert.That(report.Findings.Select(f => f.Object.Quoted), Is.All.EqualTo("aged"));
            Assert.That(Detail(report, FindingKind.WraparoundNear), Does.Contain("the prepared transaction 'it''s held'").And.Contain("the replication slot nobody").And.Contain("the oldest tables: "));
            Assert.That(Detail(report, FindingKind.HorizonHeldByPrepared), Does.Contain("'it's held' of postgres"));
        }
        finally
        {
            await Run(coordinator, "ROLLBACK PREPARED 'it''s held'");
            await Run(coordinator, "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots");
        }
        var after = await LookAsync(new AgeCheck(Tight));
        Assert.That(after.Findings.Select(f => f.Kind), Is.Empty.Or.EqualTo(new[] { FindingKind.WraparoundNear }));
    }

    [Test]
    public async Task A_standby_that_follows_by_its_slot_is_never_blamed()
    {
        await using var standby = await PgStandby.StartNewAsync(_cluster, "follows");
        await _cluster.ExecuteAsync("aged", "SELECT pg_switch_wal(); CREATE TABLE more AS SELECT generate_series(1, 1000)");
        await standby.WaitForReplayAsync();
        var report = await LookAsync(new AgeCheck(Tight));
        Assert.That(report.Findings.Where(f => f.Kind == FindingKind.HorizonHeldBySlot), Is.Empty);
    }

    private static string Detail(CheckReport report, FindingKind kind) => report.Findings.First(f => f.Kind == kind).Detail;

    private Task<CheckReport> LookAsync(ICheck check) => check.RunAsync(new(_target, CheckScope.All), CancellationToken.None);

    private static async Task Run(Npgsql.NpgsqlConnection connection, string sql)
    {
        await using var command = new Npgsql.NpgsqlCommand(sql, connection) { CommandTimeout = 120 };
        await command.ExecuteNonQueryAsync();
    }
}
