using Dapper;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>All rows of a table in one line, whatever their order, and how much was written to it.</summary>
internal sealed record TableContent(long Rows, string Hash)
{
    public static async Task<TableContent> OfAsync(RepairSession session, QuarantineTable table, CancellationToken cancel)
    {
        await using var reading = await session.Connection.BeginTransactionAsync(cancel).ConfigureAwait(false);
        await QuarantineSchema.UseSettingsAsync(session.Connection, cancel).ConfigureAwait(false);
        // an index would be believed, and what it misses forgotten
        await session.Connection.ExecuteAsync(new CommandDefinition("SET LOCAL enable_indexscan = off; SET LOCAL enable_indexonlyscan = off; SET LOCAL enable_bitmapscan = off", cancellationToken: cancel)).ConfigureAwait(false);
        var (rows, hash) = await session.Connection.QuerySingleAsync<(long, string)>(new CommandDefinition(
            $"""
            SELECT count(*), md5(concat_ws(':', sum(('x' || left(d.digest, 16))::bit(64)::bigint), sum(('x' || right(d.digest, 16))::bit(64)::bigint)))
            FROM (SELECT md5({table.Values}::text) AS digest FROM ONLY {table.Quoted} t) AS d
            """, commandTimeout: 0, cancellationToken: cancel)).ConfigureAwait(false);
        return new(rows, hash);
    }

    /// <summary>The server's own count of what was written, which lags behind by a second or so.</summary>
    public static Task<long> WrittenAsync(NpgsqlConnection connection, long table, CancellationToken cancel) =>
        connection.ExecuteScalarAsync<long>(new CommandDefinition(
            "SELECT pg_stat_get_tuples_inserted(@oid::bigint::oid) + pg_stat_get_tuples_updated(@oid::bigint::oid) + pg_stat_get_tuples_deleted(@oid::bigint::oid)", new { oid = table }, cancellationToken: cancel));
}
