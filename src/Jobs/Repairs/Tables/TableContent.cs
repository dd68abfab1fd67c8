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
    public static Task<TableWrites> WrittenAsync(NpgsqlConnection connection, long table, CancellationToken cancel) =>
        connection.QuerySingleAsync<TableWrites>(new CommandDefinition(
            """
            SELECT pg_stat_get_tuples_inserted(@oid::bigint::oid) AS "Inserted", pg_stat_get_tuples_updated(@oid::bigint::oid) AS "Updated", pg_stat_get_tuples_deleted(@oid::bigint::oid) AS "Deleted"
            """, new { oid = table }, cancellationToken: cancel));
}

/// <summary>Row versions that were written, those of transactions that did not commit among them.</summary>
internal sealed record TableWrites(long Inserted, long Updated, long Deleted)
{
    public TableWrites Since(TableWrites before) => new(Inserted - before.Inserted, Updated - before.Updated, Deleted - before.Deleted);

    /// <summary>Rows came and went, none was changed, and as many are there as that makes: none was lost. Of values that were changed it can say nothing.</summary>
    public bool Explain(TableContent before, TableContent after) => Updated == 0 && Inserted + Deleted > 0 && after.Rows - before.Rows == Inserted - Deleted;

    public override string ToString() => FormattableString.Invariant($"{Inserted} rows inserted, {Updated} updated and {Deleted} deleted by others");
}
