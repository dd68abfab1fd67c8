using System.Globalization;
using Dapper;
using Npgsql;

namespace HealingWorkers.Drill;

/// <summary>
/// Reads all that can be read of a table by sequential scans: whole where that works, else block by block, row by row,
/// and at last column by column. A read may crash the server; the reader waits for it and goes on behind.
/// </summary>
public sealed class CarefulReader(PgCluster cluster, string database)
{
    private const int MostItems = 291;
    /// <summary>A page of which the first rows cannot be read one by one either is none.</summary>
    private const int MostRefused = 8;
    private const string Settings =
        """
        SET statement_timeout = '20s'; SET enable_indexscan = off; SET enable_indexonlyscan = off; SET enable_bitmapscan = off;
        SET datestyle = iso; SET timezone = 'UTC'; SET extra_float_digits = 1; SET bytea_output = hex; SET max_parallel_workers_per_gather = 0;
        """;

    /// <summary>The tables and partitions of the user, by their quoted names; unlogged ones are emptied by any crash.</summary>
    public Task<IReadOnlyList<string>> TablesAsync(CancellationToken ct = default) => cluster.QueryAsync<string>(
        database,
        """
        SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind = 'r' AND c.relpersistence = 'p' AND n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('information_schema', 'healing_quarantine')
          AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
        ORDER BY 1
        """,
        ct: ct);

    public async Task<IReadOnlyList<RowImage>> ReadAsync(string table, CancellationToken ct = default)
    {
        var columns = await cluster.QueryAsync<string>(
            database, "SELECT attname::text FROM pg_attribute WHERE attrelid = @table::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum", new { table }, ct);
        var row = $"ctid::text || ' ' || json_build_object({string.Join(", ", columns.Select(c => $"{Quote.Literal(c)}, {Text(c)}"))})::text";
        if (await TryAsync($"SELECT {row} FROM ONLY {table}", ct) is { } all)
        {
            return [.. all.Select(RowImage.Whole)];
        }
        var found = new List<RowImage>();
        var blocks = await cluster.ScalarAsync<long>(database, "SELECT pg_relation_size(@table::regclass) / 8192", new { table }, ct);
        for (var block = 0L; block < blocks; block++)
        {
            await ReadBlockAsync(found, table, columns, row, block, ct);
        }
        return found;
    }

    private async Task ReadBlockAsync(List<RowImage> found, string table, IReadOnlyList<string> columns, string row, long block, CancellationToken ct)
    {
        string At(int item) => string.Create(CultureInfo.InvariantCulture, $"'({block},{item})'");
        if (await TryAsync($"SELECT {row} FROM ONLY {table} WHERE ctid >= {At(0)} AND ctid <= {At(MostItems)}", ct) is { } rows)
        {
            found.AddRange(rows.Select(RowImage.Whole));
            return;
        }
        if (await TryAsync($"SELECT ctid::text FROM ONLY {table} WHERE ctid >= {At(0)} AND ctid <= {At(MostItems)}", ct) is { } places)
        {
            foreach (var place in places)
            {
                // As a range, not as a point: only so is a row still seen that a wrong hint hides on a page that everybody sees.
                await ReadRowAsync(found, columns, row, RowPlace.Parse(place), $"FROM ONLY {table} WHERE ctid >= '{place}' AND ctid <= '{place}'", ct);
            }
            return;
        }
        // Who lists a page looks at all of its rows, and at one of a transaction that nothing is known of any more.
        for (int item = 1, refused = 0; item <= MostItems && (refused < MostRefused || refused < item - 1); item++)
        {
            refused += await ReadRowAsync(found, columns, row, new(block, item), $"FROM ONLY {table} WHERE ctid = {At(item)}", ct) ? 0 : 1;
        }
    }

    /// <summary>False when nothing of it can be read.</summary>
    private async Task<bool> ReadRowAsync(List<RowImage> found, IReadOnlyList<string> columns, string row, RowPlace place, string here, CancellationToken ct)
    {
        if (await TryAsync($"SELECT {row} {here}", ct) is { } whole)
        {
            found.AddRange(whole.Select(RowImage.Whole));
            return true;
        }
        var values = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var column in columns)
        {
            if (await TryAsync($"SELECT {Text(column)} {here}", ct) is [var value])
            {
                values[column] = value;
            }
        }
        if (values.Count > 0)
        {
            found.Add(RowImage.Part(values, place));
        }
        return values.Count > 0;
    }

    /// <summary>As the type's own output function writes it, which a cast to text does not always do.</summary>
    private static string Text(string column) => $"CASE WHEN {Quote.Identifier(column)} IS NOT DISTINCT FROM NULL THEN NULL ELSE format('%s', {Quote.Identifier(column)}) END";

    private async Task<IReadOnlyList<string>?> TryAsync(string sql, CancellationToken ct)
    {
        try
        {
            await using var connection = await cluster.OpenAsync(database, ct);
            await connection.ExecuteAsync(Settings);
            return (await connection.QueryAsync<string>(Sessions.Command(sql, null, ct))).AsList();
        }
        catch (Exception e) when (e is NpgsqlException or System.Text.DecoderFallbackException or IOException)
        {
            // Unreadable, or no text; perhaps the server crashed, then it is given the time to come back.
            await Poll.UntilAsync(AnswersAsync, TimeSpan.FromSeconds(30), "the server back after a crash", ct);
            return null;
        }
    }

    private async Task<bool> AnswersAsync(CancellationToken ct)
    {
        try
        {
            return await cluster.ScalarAsync<int>("postgres", "SELECT 1", ct: ct) == 1;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }
}
