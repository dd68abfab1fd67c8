using Dapper;

namespace HealingWorkers.Drill;

/// <summary>The rows in a database's schema healing_quarantine, by the tables that they were in.</summary>
public sealed class Quarantined
{
    private readonly Dictionary<string, List<RowImage>> _rows = new(StringComparer.Ordinal);

    public static async Task<Quarantined> ReadAsync(PgCluster cluster, string database, CancellationToken ct = default)
    {
        var read = new Quarantined();
        if (await cluster.ScalarAsync<bool>(database, "SELECT to_regclass('healing_quarantine.rows') IS NULL", ct: ct))
        {
            return read;
        }
        await using var connection = await cluster.OpenAsync(database, ct);
        var rows = await connection.QueryAsync<(string Table, string[] Columns, string?[] Values)>(Sessions.Command(
            """
            SELECT format('%I.%I', p.schema_name, p.table_name), p.columns, r.vals
            FROM healing_quarantine.parts p JOIN healing_quarantine.rows r ON (r.batch, r.part) = (p.batch, p.part)
            """,
            null, ct));
        foreach (var (table, columns, values) in rows)
        {
            read.Add(table, RowImage.Of(columns, values));
        }
        return read;
    }

    public void Add(string table, RowImage row)
    {
        if (!_rows.TryGetValue(table, out var list))
        {
            _rows[table] = list = [];
        }
        list.Add(row);
    }

    /// <summary>Takes a row out, if it is there: each copy in quarantine speaks for one row.</summary>
    public bool Claim(string table, RowImage row)
    {
        if (!_rows.TryGetValue(table, out var list) || list.FindIndex(kept => row.IsWithin(kept.Values)) is not (>= 0 and var at))
        {
            return false;
        }
        list.RemoveAt(at);
        return true;
    }
}
