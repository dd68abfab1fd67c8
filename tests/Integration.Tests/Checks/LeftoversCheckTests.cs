using HealingWorkers.Jobs.Checks;
using HealingWorkers.Drill;
using Npgsql;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Checks;

[TestFixture, NonParallelizable]
public sealed class LeftoversCheckTests
{
    private static readonly LeftoversCheck Check = new();
    private string _database = "";

    [SetUp]
    public async Task CreateAsync() => _database = await CheckCluster.MoviesAsync();

    [TestCase(RebuildStation.Building, "movies_title_idx_ccnew")]
    [TestCase(RebuildStation.Swapped, "movies_title_idx_ccold")]
    public async Task What_an_abandoned_rebuild_left(RebuildStation station, string left)
    {
        await new Damage(CheckCluster.Cluster, _database).LeftoverAsync("movies_title_idx", station);
        var report = await CheckCluster.RunAsync(Check, _database);
        Assert.That(report.Findings.Select(f => (f.Object.Quoted, f.Repair)), Is.EqualTo(new[] { ("public." + left, "drop_leftover") }));
        Assert.That(report.Findings[0].Evidence["suffix"]!.ToString(), Does.StartWith("_cc"));
    }

    [TestCase(RebuildStation.Building)]
    [TestCase(RebuildStation.Swapped)]
    public async Task What_somebody_is_building_is_left_alone(RebuildStation station)
    {
        await using var rebuild = await HeldRebuild.StartAsync(CheckCluster.Cluster, _database, "movies_title_idx", station);
        var report = await CheckCluster.RunAsync(Check, _database);
        Assert.That(report.Status, Is.EqualTo(CheckStatus.Clean));
        Assert.That(report.Examined, Does.Not.Contain(await CheckCluster.OidAsync(_database, rebuild.TransientIndex)));
    }

    [Test]
    public async Task A_failed_build_of_a_users_own_index()
    {
        await CheckCluster.Cluster.ExecuteAsync(_database, "INSERT INTO people (name) VALUES ('twice'), ('twice')");
        await using var session = await CheckCluster.Cluster.OpenAsync(_database);
        await using var build = new NpgsqlCommand("CREATE UNIQUE INDEX CONCURRENTLY \"people's names\" ON people (name)", session);
        Assert.That(async () => await build.ExecuteNonQueryAsync(), Throws.InstanceOf<PostgresException>());
        var report = await CheckCluster.RunAsync(Check, _database);
        Assert.That(report.Findings.Select(f => f.Object.Quoted), Is.EqualTo(new[] { "public.\"people's names\"" }));
    }

    [Test]
    public async Task An_index_on_only_the_parent_is_invalid_by_design()
    {
        await CheckCluster.Cluster.ExecuteAsync(_database, "CREATE INDEX parent_only ON ONLY watch_events (seconds)");
        Assert.That((await CheckCluster.RunAsync(Check, _database)).Status, Is.EqualTo(CheckStatus.Clean));
    }

    [Test]
    public async Task A_constraints_invalid_index_is_told_and_not_dropped()
    {
        await CheckCluster.Cluster.ExecuteAsync(_database, "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'external_metadata_pkey'::regclass");
        var report = await CheckCluster.RunAsync(Check, _database);
        Assert.That(report.Findings.Select(f => (f.Object.Quoted, f.Repair)), Is.EqualTo(new[] { ("public.external_metadata_pkey", (string?)null) }));
        Assert.That(report.Findings[0].Detail, Does.Contain("constraint"));
    }
}
