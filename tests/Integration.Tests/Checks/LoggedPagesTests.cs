using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Targets;
using HealingWorkers.Drill;
using Npgsql;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Checks;

[TestFixture]
public sealed class LoggedPagesTests
{
    [Test]
    public async Task A_rise_of_checksum_failures_names_the_pages_that_the_log_names()
    {
        await using var cluster = await PgCluster.StartNewAsync();
        await cluster.ExecuteAsync("postgres", "ALTER SYSTEM SET logging_collector = on");
        await cluster.RestartAsync();
        await cluster.CreateDatabaseAsync("logged");
        await cluster.ExecuteAsync("logged", "CREATE TABLE \"Big One\" AS SELECT g, repeat('x', 200) FROM generate_series(1, 2000) g");
        await using var target = new Target(new TargetOptions { Name = "logged", Connection = cluster.ConnectionString("logged") }, TimeProvider.System);
        var memory = new RememberedInMemory();
        var check = new DatabaseStatsCheck();
        Assert.That((await check.RunAsync(new(target, CheckScope.All) { Memory = memory }, CancellationToken.None)).Findings, Is.Empty);
        await new HeapDamage(new RelationEditor(cluster, "logged")).FlipByteAsync("\"Big One\"", 4, 4000, mode: new DamageMode(FixChecksum: false));
        await Assert.ThrowsAsync<PostgresException>(() => cluster.ScalarAsync<long>("logged", "SELECT count(*) FROM \"Big One\""));
        CheckReport report = null!;
        await Poll.UntilAsync(async token =>
        {
            report = await check.RunAsync(new(target, CheckScope.All) { Memory = memory }, token);
            return report.Findings.Count > 0;
        }, TimeSpan.FromSeconds(10), "the counter is seen to rise");
        Assert.That(report.Findings.Single().Detail, Does.Contain("names block 4 of public.\"Big One\""));
    }
}
