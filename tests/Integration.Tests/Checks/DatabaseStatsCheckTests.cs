using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Drill;
using Npgsql;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Checks;

[TestFixture, NonParallelizable]
public sealed class DatabaseStatsCheckTests
{
    private static readonly DatabaseStatsCheck Check = new();

    [Test]
    public async Task A_rise_of_checksum_failures_is_told_and_then_known()
    {
        var database = await CheckCluster.MoviesAsync();
        var memory = new RememberedInMemory();
        async Task<CheckReport> RunAsync() => await CheckCluster.RunAsync(Check, database, memory: memory);
        Assert.That((await RunAsync()).Status, Is.EqualTo(CheckStatus.Clean));

        await new Damage(CheckCluster.Cluster, database).Heap.FlipByteAsync("people", 1, 5000, mode: new DamageMode(FixChecksum: false));
        Assert.That(async () => await CheckCluster.Cluster.ExecuteAsync(database, "SELECT count(name) FROM people"), Throws.InstanceOf<PostgresException>());
        await Poll.UntilAsync(async _ => (await RunAsync()).Status == CheckStatus.Damaged, TimeSpan.FromSeconds(10), "the rise told");

        var again = await RunAsync();
        Assert.That(again.Findings.Select(f => (f.Kind, f.Object.Quoted)), Is.EqualTo(new[] { (FindingKind.ChecksumFailures, database) }), "twice, in case the first was lost");
        Assert.That((await RunAsync()).Status, Is.EqualTo(CheckStatus.Clean), "known by now");
        await CheckCluster.Cluster.ExecuteAsync(database, "SELECT pg_stat_reset()");
        Assert.That((await RunAsync()).Status, Is.EqualTo(CheckStatus.Clean), "a reset is no rise");
    }

    [Test]
    public async Task What_was_counted_before_the_first_look_of_a_worker_is_told_and_then_known()
    {
        var database = await CheckCluster.MoviesAsync();
        await new Damage(CheckCluster.Cluster, database).Heap.FlipByteAsync("people", 1, 5000, mode: new DamageMode(FixChecksum: false));
        Assert.That(async () => await CheckCluster.Cluster.ExecuteAsync(database, "SELECT count(name) FROM people"), Throws.InstanceOf<PostgresException>());
        await Poll.UntilAsync(async ct => await CheckCluster.Cluster.ScalarAsync<long>(database, "SELECT checksum_failures FROM pg_stat_database WHERE datname = current_database()", ct: ct) > 0, TimeSpan.FromMinutes(1), "the failure counted");
        await using var target = CheckCluster.Target(database);
        var memory = new RememberedInMemory();
        async Task<CheckReport> LookAsync() => await Check.RunAsync(new(target, CheckScope.All) { Memory = memory, Recurring = true }, CancellationToken.None);

        foreach (var look in new[] { "first", "once more, in case the first was lost" })
        {
            var report = await LookAsync();
            Assert.That(report.Findings.Select(f => (f.Kind, f.Severity, f.Object.Quoted)), Is.EqualTo(new[] { (FindingKind.ChecksumFailures, Severity.Critical, database) }), look);
            Assert.That(report.Findings[0].Detail, Does.Contain("before the first look, the last at 2"));
        }
        Assert.That((await LookAsync()).Findings, Is.Empty, "known, whatever a person made of it");

        foreach (var alone in new[] { null, new RememberedInMemory() })
        {
            var report = await Check.RunAsync(new(target, CheckScope.All) { Memory = alone }, CancellationToken.None);
            Assert.That((report.Status, report.Findings.Single().Kind, report.Findings[0].Severity), Is.EqualTo((CheckStatus.Clean, FindingKind.ChecksumFailures, Severity.Info)), "with nothing to compare with it is a note");
        }
    }

    [Test]
    public async Task What_is_worth_a_number_is_observed()
    {
        var database = await CheckCluster.MoviesAsync();
        var memory = new RememberedInMemory();
        await CheckCluster.RunAsync(Check, database, memory: memory);
        await CheckCluster.Cluster.ExecuteAsync(database, "BEGIN; SELECT 1; ROLLBACK");
        CheckReport report = null!;
        var rollbacks = 0d;
        await Poll.UntilAsync(
            async _ =>
            {
                report = await CheckCluster.RunAsync(Check, database, memory: memory);
                return (rollbacks += report.Observations["rollbacks"]) >= 1;
            },
            TimeSpan.FromSeconds(10), "the rollback observed");
        Assert.That(report.Status, Is.EqualTo(CheckStatus.Clean));
        Assert.That(report.Observations["connections"], Is.Positive);
        Assert.That(report.Observations["xid_age"], Is.Positive);
        Assert.That(report.Observations["connections_used"], Is.InRange(0, 1));
        Assert.That(rollbacks, Is.LessThan(20), "since the last sample, not since ever");
    }
}
