using HealingWorkers.Integration.Tests.Healing;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Targets;
using HealingWorkers.Drill;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Traps;

[TestFixture]
internal sealed class StandbyTests
{
    [Test]
    public async Task A_standby_is_looked_at_and_never_repaired_nor_blamed_for_a_build_on_its_primary()
    {
        await using var hospital = await Hospital.OpenAsync(rows: 100);
        await Hospital.Cluster.ExecuteAsync(hospital.Database, "CREATE UNLOGGED TABLE fleeting (id int PRIMARY KEY); INSERT INTO fleeting VALUES (1)");
        await using var standby = await PgStandby.StartNewAsync(Hospital.Cluster, "trap");
        await using var held = await HeldRebuild.StartAsync(Hospital.Cluster, hospital.Database, "movies_title_idx");
        await standby.WaitForReplayAsync();
        Assert.That(await standby.ScalarAsync<long>(hospital.Database, "SELECT count(*) FROM pg_index WHERE NOT indisvalid"), Is.EqualTo(1), "the build is to be seen there");
        await using var target = new Target(new TargetOptions { Name = "standby", Connection = standby.ConnectionString(hospital.Database) }, TimeProvider.System);

        foreach (var check in CheckCatalogue.All)
        {
            var report = await check.RunAsync(new(target, CheckScope.All), CancellationToken.None);
            Assert.That(report.Findings, Is.Empty, check.Description.Name);
            Assert.That(report.Status, Is.EqualTo(CheckStatus.Clean).Or.EqualTo(CheckStatus.Unavailable), report.Reason);
            Assert.That(report.Status, check is LeftoversCheck ? Is.EqualTo(CheckStatus.Unavailable) : Is.Not.Null);
        }
        var (code, text) = await Trap.RunAsync(hospital, "heal", "--connection", standby.ConnectionString(hospital.Database), "--approve-all");
        Assert.That(code, Is.Not.Zero);
        Assert.That(text, Does.Contain("is a standby, which cannot be repaired"));
    }
}
