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
    private static IEnumerable<int> Versions => PgBinaries.All().Select(b => b.Major).Where(m => m == PgBinaries.Default.Major || m >= 18);

    /// <summary>From 18 on the path is quoted, and one read of several pages tells them together.</summary>
    [TestCaseSource(nameof(Versions))]
    public async Task A_rise_of_checksum_failures_names_the_pages_that_the_log_names(int version)
    {
        await using var cluster = await PgCluster.StartNewAsync(new PgClusterOptions { Binaries = PgBinaries.All().First(b => b.Major == version) });
        await cluster.ExecuteAsync("postgres", "ALTER SYSTEM SET logging_collector = on");
        await cluster.RestartAsync();
        await cluster.CreateDatabaseAsync("logged");
        await cluster.ExecuteAsync("logged", "CREATE TABLE \"Big One\" AS SELECT g, repeat('x', 200) FROM generate_series(1, 2000) g");
        await using var target = new Target(new TargetOptions { Name = "logged", Connection = cluster.ConnectionString("logged") }, TimeProvider.System);
        var memory = new RememberedInMemory();
        var check = new DatabaseStatsCheck();
        Assert.That((await check.RunAsync(new(target, CheckScope.All) { Memory = memory }, CancellationToken.None)).Findings, Is.Empty);
        foreach (var block in new[] { 4, 6 })
        {
            await new HeapDamage(new RelationEditor(cluster, "logged")).FlipByteAsync("\"Big One\"", block, 4000, mode: new DamageMode(FixChecksum: false));
        }
        await Assert.ThrowsAsync<PostgresException>(() => cluster.ScalarAsync<long>("logged", "SELECT count(*) FROM \"Big One\""));
        if (version >= 18)
        {
            // where the two came by different reads, the first has ended it before anybody saw the second
            await Assert.ThrowsAsync<PostgresException>(() => cluster.ScalarAsync<long>("logged", "SELECT count(*) FROM \"Big One\" WHERE ctid >= '(6,0)' AND ctid < '(7,0)'"));
        }
        // the counter rises at once, and what is logged comes through a process of its own
        await Poll.UntilAsync(async token => await cluster.ScalarAsync<bool>("logged", $"SELECT pg_read_file(pg_current_logfile()) LIKE '%invalid page in block {(version >= 18 ? 6 : 4)} of%'", ct: token), TimeSpan.FromSeconds(10), "the log names the page");
        CheckReport report = null!;
        await Poll.UntilAsync(async token =>
        {
            report = await check.RunAsync(new(target, CheckScope.All) { Memory = memory }, token);
            return report.Findings.Count > 0;
        }, TimeSpan.FromSeconds(10), "the counter is seen to rise");
        Assert.That(report.Findings.Single().Detail, version >= 18
            ? Does.Contain("block 4 of public.\"Big One\"").And.Contain("block 6 of public.\"Big One\"") : Does.Contain("names block 4 of public.\"Big One\""));
    }
}
