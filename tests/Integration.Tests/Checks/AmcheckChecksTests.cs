using HealingWorkers.Drill;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Targets;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Checks;

/// <summary>The other functions of amcheck, each where its version has it.</summary>
[TestFixture, NonParallelizable]
public sealed class AmcheckChecksTests
{
    private static PgCluster Cluster => CheckCluster.Cluster;

    private static int Major => Cluster.Options.Binaries.Major;

    [Test]
    public async Task Between_levels_a_B_tree_is_verified_in_a_window_only()
    {
        var database = await CheckCluster.MoviesAsync();
        var live = await CheckCluster.RunAsync(new BtreeParentCheck(), database);
        Assert.That((live.Status, live.Reason), Is.EqualTo((CheckStatus.Unavailable, live.Reason)));
        Assert.That(live.Reason, Does.Contain("window"));
        await using var target = CheckCluster.Target(database);
        var request = new CheckRequest(target, CheckScope.All) { Ground = Ground.Window };
        var sound = await new BtreeParentCheck().RunAsync(request, CancellationToken.None);
        Assert.That(sound.Status, Is.EqualTo(CheckStatus.Clean), sound.Reason);
        await new Damage(Cluster, database).Index.RaiseSeparatorAsync("movies_pkey");
        var level = await new BtreeCheck().RunAsync(request, CancellationToken.None);
        Assert.That(level.Status, Is.EqualTo(CheckStatus.Clean), "each level is sound in itself");
        var broken = await new BtreeParentCheck().RunAsync(request, CancellationToken.None);
        Assert.That(broken.Findings.Select(f => (f.Kind, f.Object.Quoted)), Is.EqualTo(new[] { (FindingKind.BtreeCorrupt, "public.movies_pkey") }));
    }

    [Test]
    public async Task Uniqueness_by_the_server_itself()
    {
        var database = await CheckCluster.MoviesAsync();
        await new Damage(Cluster, database).Unique.DuplicateRowsAsync("movies_tmdb_id_key", 3, indexed: true, new Dictionary<string, string>(StringComparer.Ordinal) { ["id"] = "id + 1000000" });
        var report = await CheckCluster.RunAsync(new UniqueIndexCheck(), database);
        if (Major < 17)
        {
            Assert.That((report.Status, report.Reason), Is.EqualTo((CheckStatus.Unavailable, $"it needs PostgreSQL 17, and this is {Major}")));
            return;
        }
        Assert.That(report.Findings.Select(f => (f.Kind, f.Object.Quoted)), Is.EqualTo(new[] { (FindingKind.DuplicateKeys, "public.movies_tmdb_id_key") }), report.Reason);
    }

    [Test]
    public async Task A_GIN_index_by_the_server_itself()
    {
        var database = await CheckCluster.MoviesAsync();
        var sound = await CheckCluster.RunAsync(new GinCheck(), database);
        if (Major < 18)
        {
            Assert.That((sound.Status, sound.Reason), Is.EqualTo((CheckStatus.Unavailable, $"it needs PostgreSQL 18, and this is {Major}")));
            return;
        }
        Assert.That(sound.Status, Is.EqualTo(CheckStatus.Clean), sound.Reason);
        await new Damage(Cluster, database).OtherIndex.ZeroPageAsync("movies_metadata_gin");
        var broken = await CheckCluster.RunAsync(new GinCheck(), database);
        Assert.That(broken.Findings.Select(f => (f.Kind, f.Object.Quoted)), Is.EqualTo(new[] { (FindingKind.IndexCorrupt, "public.movies_metadata_gin") }), broken.Reason);
    }
}
