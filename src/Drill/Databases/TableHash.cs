using Dapper;
using Npgsql;

namespace HealingWorkers.Drill;

/// <summary>
/// The content of a table in one line, whatever the order of its rows: the oracle that no committed row was lost.
/// Indexes are not asked. (With an index file missing not even a sequential scan can be planned: hash before the damage.)
/// </summary>
public sealed record TableHash(long Rows, string Hash)
{
    public static async Task<TableHash> OfAsync(PgEndpoint server, string database, string table, CancellationToken ct = default)
    {
        await using var connection = await OpenAsync(server, database, ct);
        return await OfAsync(connection, table, ct);
    }

    /// <summary>Every table and partition of the user, by its quoted name.</summary>
    public static async Task<IReadOnlyDictionary<string, TableHash>> OfDatabaseAsync(
        PgEndpoint server, string database, CancellationToken ct = default)
    {
        await using var connection = await OpenAsync(server, database, ct);
        var tables = await connection.QueryAsync<string>(
            """
            SELECT format('%I.%I', n.nspname, c.relname)
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind = 'r' AND n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'
            ORDER BY 1
            """);
        var hashes = new Dictionary<string, TableHash>(StringComparer.Ordinal);
        foreach (var table in tables)
        {
            hashes[table] = await OfAsync(connection, table, ct);
        }
        return hashes;
    }

    private static async Task<TableHash> OfAsync(NpgsqlConnection connection, string table, CancellationToken ct)
    {
        // Sums do not depend on the order, and a row that is there twice counts twice.
        var (rows, hash) = await connection.QuerySingleAsync<(long, string)>(Sessions.Command(
            $"""
            SELECT count(*),
                   md5(concat_ws(':', count(*),
                       sum(('x' || left(digest, 16))::bit(64)::bigint), sum(('x' || right(digest, 16))::bit(64)::bigint)))
            FROM (SELECT md5("kit row"::text) AS digest FROM ONLY {table} AS "kit row") AS digests
            """,
            null, ct));
        return new TableHash(rows, hash);
    }

    private static async Task<NpgsqlConnection> OpenAsync(PgEndpoint server, string database, CancellationToken ct)
    {
        var connection = await server.OpenAsync(database, ct);
        await connection.ExecuteAsync(
            """
            SET enable_indexscan = off; SET enable_indexonlyscan = off; SET enable_bitmapscan = off;
            SET datestyle = iso; SET timezone = 'UTC'; SET extra_float_digits = 1; SET bytea_output = hex;
            SET max_parallel_workers_per_gather = 0;
            """);
        return connection;
    }
}
