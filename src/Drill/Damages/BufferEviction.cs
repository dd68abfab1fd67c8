using Dapper;
using Npgsql;

namespace HealingWorkers.Drill;

/// <summary>
/// Drives a relation out of shared buffers by filling them with something else, from the database `postgres`,
/// so that the damaged one shows no trace of it. A sequential scan would not do: it uses a small ring of buffers.
/// </summary>
internal static class BufferEviction
{
    public static async Task RunAsync(PgCluster cluster, uint databaseOid, uint fileNode, CancellationToken ct)
    {
        await using var connection = await cluster.OpenAsync("postgres", ct);
        await PrepareAsync(connection);
        for (var attempt = 0; attempt < 40; attempt++)
        {
            var cached = await connection.ExecuteScalarAsync<long>(
                """
                SELECT count(*) FROM testkit.pg_buffercache
                WHERE reldatabase = @databaseOid AND relfilenode = @fileNode
                """,
                new { databaseOid = (long)databaseOid, fileNode = (long)fileNode });
            if (cached == 0)
            {
                return;
            }
            await connection.ExecuteAsync("SELECT testkit.pg_prewarm('testkit.ballast', 'buffer')");
        }
        throw new InvalidOperationException("The relation's pages stay in shared buffers: somebody keeps reading them.");
    }

    private static Task PrepareAsync(NpgsqlConnection connection) => connection.ExecuteAsync(
        """
        SET client_min_messages = error;
        CREATE SCHEMA IF NOT EXISTS testkit;
        CREATE EXTENSION IF NOT EXISTS pg_prewarm SCHEMA testkit;
        CREATE EXTENSION IF NOT EXISTS pg_buffercache SCHEMA testkit;
        CREATE UNLOGGED TABLE IF NOT EXISTS testkit.ballast (filler text);
        ALTER TABLE testkit.ballast ALTER COLUMN filler SET STORAGE PLAIN;
        INSERT INTO testkit.ballast
        SELECT repeat('x', 7000)
        FROM generate_series(1, (SELECT setting::int * 5 / 4 FROM pg_settings WHERE name = 'shared_buffers'))
        WHERE NOT EXISTS (SELECT FROM testkit.ballast);
        """);
}
