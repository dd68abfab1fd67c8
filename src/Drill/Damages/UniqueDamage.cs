using Dapper;

namespace HealingWorkers.Drill;

/// <summary>Duplicates behind a unique index: a rebuild of it fails with 23505.</summary>
public sealed class UniqueDamage(RelationEditor editor)
{
    /// <summary>
    /// Inserts second copies of existing rows while the catalogue says, within this transaction only,
    /// that the index is not to be maintained (<paramref name="indexed"/> false: the copies are missing in it)
    /// or is not unique (true: both copies are in it).
    /// </summary>
    /// <param name="overrides">SQL for columns of the copies that must differ, as those of other unique indexes.</param>
    public async Task<int> DuplicateRowsAsync(
        string index,
        int rows = 3,
        bool indexed = false,
        IReadOnlyDictionary<string, string>? overrides = null,
        CancellationToken ct = default)
    {
        await using var connection = await editor.Cluster.OpenAsync(editor.Database, ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        var (oid, table) = await connection.QuerySingleAsync<(uint, string)>(
            "SELECT indexrelid, indrelid::regclass::text FROM pg_index WHERE indexrelid = @index::regclass AND indisunique",
            new { index });
        var columns = (await connection.QueryAsync<string>(
            """
            SELECT attname::text FROM pg_attribute
            WHERE attrelid = @table::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
            ORDER BY attnum
            """,
            new { table })).AsList();
        var names = string.Join(", ", columns.Select(Quote.Identifier));
        var values = string.Join(
            ", ", columns.Select(c => overrides is not null && overrides.TryGetValue(c, out var sql) ? sql : Quote.Identifier(c)));
        var flag = indexed ? "indisunique" : "indisready";
        await connection.ExecuteAsync(
            $"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE; UPDATE pg_index SET {flag} = false WHERE indexrelid = {oid}");
        var inserted = await connection.ExecuteAsync(
            $"""
            INSERT INTO {table} ({names}) OVERRIDING SYSTEM VALUE
            SELECT {values} FROM (SELECT * FROM {table} ORDER BY ctid LIMIT {rows}) AS original
            """);
        await connection.ExecuteAsync($"UPDATE pg_index SET {flag} = true WHERE indexrelid = {oid}");
        await transaction.CommitAsync(ct);
        return inserted;
    }
}
