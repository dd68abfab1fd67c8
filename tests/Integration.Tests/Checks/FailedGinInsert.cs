using HealingWorkers.Drill;
using Npgsql;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Checks;

/// <summary>
/// A serializable transaction that stands between a reader of a GIN index and one that was done first is ended after its list of keys was written and before it is hung in:
/// the pages stay in the index, nothing leads to them, and vacuum passes them by.
/// </summary>
internal static class FailedGinInsert
{
    /// <summary>Makes a table `tagged` of 2,000 rows with such an index.</summary>
    public static async Task LeaveAsync(PgCluster cluster, string database)
    {
        await cluster.ExecuteAsync(database, """
            CREATE TABLE tagged (id int, tags text[]);
            INSERT INTO tagged SELECT i, ARRAY['t' || i] FROM generate_series(1, 2000) i;
            CREATE INDEX tagged_gin ON tagged USING gin (tags);
            CREATE TABLE other (id int);
            INSERT INTO other VALUES (1);
            """);
        await cluster.ExecuteAsync(database, "VACUUM tagged");
        Task<long> PagesAsync() => cluster.ScalarAsync<long>(database, "SELECT pg_relation_size('tagged_gin') / 8192");
        var before = await PagesAsync();
        await FailAsync(cluster, database);
        await cluster.ExecuteAsync(database, "VACUUM tagged");
        Assert.That(await PagesAsync(), Is.GreaterThan(before), "the insert left nothing behind");
    }

    private static async Task FailAsync(PgCluster cluster, string database)
    {
        await using var reader = await cluster.OpenAsync(database);
        await using var writer = await cluster.OpenAsync(database);
        await using var first = await cluster.OpenAsync(database);
        await ExecuteAsync(reader, "BEGIN ISOLATION LEVEL SERIALIZABLE; SET LOCAL enable_seqscan = off; SELECT count(*) FROM tagged WHERE tags @> '{t5}'");
        await ExecuteAsync(writer, "BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT * FROM other");
        await ExecuteAsync(first, "BEGIN ISOLATION LEVEL SERIALIZABLE; UPDATE other SET id = 2; COMMIT");
        Assert.That(
            async () => await ExecuteAsync(writer, "INSERT INTO tagged SELECT 2001, array_agg(md5(i::text)) FROM generate_series(1, 3000) i"),
            Throws.InstanceOf<PostgresException>().With.Property(nameof(PostgresException.SqlState)).EqualTo("40001"));
        await ExecuteAsync(writer, "ROLLBACK");
        await ExecuteAsync(reader, "ROLLBACK");
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
