using HealingWorkers.Drill;
using Npgsql;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Drill;

[TestFixture, NonParallelizable]
public sealed class CollationDamageTests
{
    private static PgCluster Cluster => KitCluster.Cluster;

    [TestCase(RecordedVersion.Mismatch, true)]
    [TestCase(RecordedVersion.Equal, false)]
    [TestCase(RecordedVersion.None, false)]
    public async Task A_changed_order_hides_rows_whatever_the_record_says(RecordedVersion record, bool warns)
    {
        var database = await KitCluster.MoviesAsync(1_000);
        var collation = new Damage(Cluster, database).Collation;
        var index = await collation.CreateIndexAsync("movies", "title");
        Assert.That(await Amcheck.IndexAsync(database, index), Is.Null);

        await collation.ChangeOrderAsync(record: record);
        await Cluster.RestartAsync();

        Assert.That(await Amcheck.IndexAsync(database, index), Is.EqualTo(Amcheck.IndexCorrupted));
        Assert.That(await Amcheck.IndexAsync(database, "movies_title_idx"), Is.Null, "another collation");
        Assert.That(await WarnsAsync(database, "SELECT 'a' < 'b' COLLATE kit_order"), Is.EqualTo(warns));
        Assert.That(await UnfindableAsync(database, "kit_order"), Is.Positive);
        await Cluster.ExecuteAsync(database, $"REINDEX INDEX CONCURRENTLY {index}");
        Assert.That(await Amcheck.IndexAsync(database, index), Is.Null);
        Assert.That(await UnfindableAsync(database, "kit_order"), Is.Zero);
    }

    [TestCase(RecordedVersion.Mismatch)]
    [TestCase(RecordedVersion.None)]
    public async Task The_order_of_a_whole_database_changes(RecordedVersion record)
    {
        if (PgBinaries.Default.Major < 15)
        {
            Assert.Ignore("Before PostgreSQL 15 a database cannot be ordered by ICU.");
        }
        var database = await KitCluster.MoviesAsync(1_000);
        var collation = new Damage(Cluster, database).Collation;

        await collation.ChangeDefaultOrderAsync(record: record);

        Assert.That(await Amcheck.IndexAsync(database, "movies_title_idx"), Is.EqualTo(Amcheck.IndexCorrupted));
        Assert.That(await Amcheck.IndexAsync(database, "movies_pkey"), Is.Null);
        Assert.That(
            await Cluster.ScalarAsync<bool>(
                database,
                """
                SELECT datcollversion <> pg_database_collation_actual_version(oid)
                FROM pg_database WHERE datname = current_database()
                """),
            Is.EqualTo(record == RecordedVersion.Mismatch));
    }

    [Test]
    public async Task Only_the_record_is_old()
    {
        var database = await KitCluster.MoviesAsync(1_000);
        var collation = new Damage(Cluster, database).Collation;
        var index = await collation.CreateIndexAsync("movies", "title");
        await collation.RecordVersionAsync("kit_order");
        Assert.That(await WarnsAsync(database, "SELECT 'a' < 'b' COLLATE kit_order"), Is.True);
        Assert.That(await Amcheck.IndexAsync(database, index), Is.Null);
    }

    private static async Task<bool> WarnsAsync(string database, string sql)
    {
        await using var connection = await Cluster.OpenAsync(database);
        var warned = false;
        connection.Notice += (_, e) => warned |= e.Notice.Severity == "WARNING";
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
        return warned;
    }

    // Each title looked up by the index in question, and by it alone.
    private static Task<long> UnfindableAsync(string database, string collation) => Cluster.ScalarAsync<long>(
        database,
        $"""
        SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_material = off;
        SET enable_memoize = off; SET enable_bitmapscan = off;
        SELECT count(*) FROM movies AS m
        WHERE NOT EXISTS (SELECT FROM movies AS f WHERE f.title COLLATE {collation} = (m.title || '') COLLATE {collation} OFFSET 0)
        """);
}
