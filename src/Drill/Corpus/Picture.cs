namespace HealingWorkers.Drill;

/// <summary>All rows of a database and what it is made of, at one moment.</summary>
public sealed record Picture(IReadOnlyDictionary<string, IReadOnlyList<RowImage>> Rows, IReadOnlyList<Definition> Definitions)
{
    public static async Task<Picture> TakeAsync(PgCluster cluster, string database, CancellationToken ct = default)
    {
        var rows = await ReadAsync(cluster, database, null, ct);
        return new Picture(rows, await Definition.ReadAsync(cluster, database, ct));
    }

    /// <param name="tables">Null: all.</param>
    public static async Task<IReadOnlyDictionary<string, IReadOnlyList<RowImage>>> ReadAsync(
        PgCluster cluster, string database, IReadOnlyCollection<string>? tables, CancellationToken ct = default)
    {
        var reader = new CarefulReader(cluster, database);
        var rows = new Dictionary<string, IReadOnlyList<RowImage>>(StringComparer.Ordinal);
        foreach (var table in tables ?? await reader.TablesAsync(ct))
        {
            rows[table] = await reader.ReadAsync(table, ct);
        }
        return rows;
    }
}
