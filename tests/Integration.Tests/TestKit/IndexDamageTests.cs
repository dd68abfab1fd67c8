using HealingWorkers.TestKit;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.TestKit;

[TestFixture, NonParallelizable]
public sealed class IndexDamageTests
{
    private const string Corrupted = "XX002";
    private const string Index = "movies_title_idx";

    [TestCase(true)]
    [TestCase(false)]
    public async Task A_zeroed_leaf_is_found_by_amcheck_and_cured_by_a_rebuild(bool live)
    {
        var database = await KitCluster.MoviesAsync();
        Assert.That(await Amcheck.IndexAsync(database, Index), Is.Null);

        await new Damage(KitCluster.Cluster, database).Index.ZeroLeafAsync(Index, 3, new DamageMode(live));

        Assert.That(await Amcheck.IndexAsync(database, Index), Is.EqualTo(Corrupted));
        await KitCluster.Cluster.ExecuteAsync(database, $"REINDEX INDEX CONCURRENTLY {Index}");
        Assert.That(await Amcheck.IndexAsync(database, Index), Is.Null);
    }
}
