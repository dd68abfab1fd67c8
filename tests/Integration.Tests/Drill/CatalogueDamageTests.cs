using HealingWorkers.Drill;
using Npgsql;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Drill;

[TestFixture, NonParallelizable]
public sealed class CatalogueDamageTests
{
    private const string Index = "movies_tmdb_id_key";
    private const string UniqueViolation = "23505";

    private static PgCluster Cluster => KitCluster.Cluster;

    [TestCase(false, Amcheck.DataCorrupted)]
    [TestCase(true, null)]
    public async Task Duplicates_behind_a_unique_index_make_its_rebuild_fail(bool indexed, string? check)
    {
        var database = await KitCluster.MoviesAsync(1_000);
        var added = await new Damage(Cluster, database).Unique.DuplicateRowsAsync(
            Index, rows: 3, indexed, new Dictionary<string, string> { ["id"] = "id + 5000000" });
        Assert.That(added, Is.EqualTo(3));
        Assert.That(await Amcheck.IndexAsync(database, "movies_pkey"), Is.Null);
        Assert.That(await Amcheck.IndexAsync(database, Index), Is.EqualTo(check));
        Assert.That(
            await Cluster.ScalarAsync<long>(
                database,
                """
                SET enable_indexscan = off; SET enable_indexonlyscan = off; SET enable_bitmapscan = off;
                SELECT count(*) FROM (SELECT tmdb_id FROM movies GROUP BY 1 HAVING count(*) > 1) AS twice
                """),
            Is.EqualTo(3));
        Assert.That(await Amcheck.TryAsync(database, $"REINDEX INDEX {Index}"), Is.EqualTo(UniqueViolation));
        Assert.That(await Amcheck.TryAsync(database, $"REINDEX INDEX CONCURRENTLY {Index}"), Is.EqualTo(UniqueViolation));
        Assert.That(await NoLeftovers.FindAsync(Cluster, database), Has.Some.Contains($"{Index}_ccnew"));
    }

    [TestCase(RebuildStation.Building, false, "_ccnew")]
    [TestCase(RebuildStation.Swapped, true, "_ccold")]
    public async Task An_abandoned_rebuild_leaves_an_invalid_index(RebuildStation station, bool terminate, string suffix)
    {
        var database = await KitCluster.MoviesAsync(1_000);
        await NoLeftovers.AssertAsync(Cluster, database);

        var leftover = await new Damage(Cluster, database).LeftoverAsync("movies_title_idx", station, terminate);

        Assert.That(leftover, Is.EqualTo("movies_title_idx" + suffix));
        Assert.That(await NoLeftovers.FindAsync(Cluster, database), Has.Some.EqualTo("invalid index " + leftover));
        Assert.That(await Amcheck.IndexAsync(database, "movies_title_idx"), Is.Null);
        await Cluster.ExecuteAsync(database, $"DROP INDEX CONCURRENTLY {leftover}");
        await NoLeftovers.AssertAsync(Cluster, database);
    }

    [Test]
    public async Task A_held_rebuild_finishes_when_it_is_let_go()
    {
        var database = await KitCluster.MoviesAsync(1_000);
        await using (var rebuild = await HeldRebuild.StartAsync(Cluster, database, "movies_title_idx"))
        {
            Assert.That(
                await Cluster.ScalarAsync<int>(database, "SELECT pid FROM pg_stat_progress_create_index"),
                Is.EqualTo(rebuild.BackendPid));
        }
        await NoLeftovers.AssertAsync(Cluster, database);
    }

    [Test]
    public async Task Sessions_and_advisory_locks_are_left_over_too()
    {
        var database = await KitCluster.MoviesAsync(10);
        await using (var connection = await Cluster.OpenAsync(database))
        {
            await using var command = new NpgsqlCommand("SELECT pg_advisory_lock(42)", connection);
            await command.ExecuteNonQueryAsync();
            Assert.That(
                async () => await NoLeftovers.AssertAsync(Cluster, database, patience: TimeSpan.FromMilliseconds(50)),
                Throws.InvalidOperationException.With.Message.Contains("advisory lock").And.Message.Contains("backend"));
        }
        await NoLeftovers.AssertAsync(Cluster, database);
    }
}
