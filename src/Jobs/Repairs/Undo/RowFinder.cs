using Dapper;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>Finds kept rows again in their table, by the text of their key, or of all of it where there is none; rows that are equal are taken one by one.</summary>
internal static class RowFinder
{
    /// <param name="after">As the change left them, and not as they were before.</param>
    /// <param name="same">The columns whose values must still be those.</param>
    public static async Task<IReadOnlyList<FoundRow>> FindAsync(NpgsqlConnection connection, PartMapping mapping, bool after, IReadOnlyList<MappedColumn> same, CancellationToken cancel)
    {
        if (after && await ByPlaceAsync(connection, mapping, same, cancel).ConfigureAwait(false) is { } all)
        {
            return all;
        }
        var key = mapping.Key;
        return (await connection.QueryAsync<FoundRow>(new CommandDefinition(
            $"""
            WITH wanted AS MATERIALIZED (
                SELECT r.place, {MappedColumn.KeptOf(key, after)} AS k, {MappedColumn.KeptOf(same, after)} AS v,
                       row_number() OVER (PARTITION BY {MappedColumn.KeptOf(key, after)} ORDER BY r.place) AS n
                FROM {mapping.Rows}),
            present AS (
                SELECT t.ctid AS now, {MappedColumn.NowOf(key)} AS k, {MappedColumn.NowOf(same)} AS v FROM ONLY {mapping.Table.Quoted} t
                WHERE {MappedColumn.NowOf(key)} IN (SELECT w.k FROM wanted w)),
            numbered AS (SELECT p.now, p.k, p.v, row_number() OVER (PARTITION BY p.k ORDER BY p.now) AS n FROM present p)
            SELECT w.place::text AS place, x.now::text AS now, coalesce(w.v = x.v, false) AS is_same
            FROM wanted w LEFT JOIN numbered x ON x.k = w.k AND x.n = w.n
            """, commandTimeout: 0, cancellationToken: cancel)).ConfigureAwait(false)).AsList();
    }

    /// <summary>Where the change put them, if nobody has moved them since; null when any is not there any more.</summary>
    private static async Task<IReadOnlyList<FoundRow>?> ByPlaceAsync(NpgsqlConnection connection, PartMapping mapping, IReadOnlyList<MappedColumn> same, CancellationToken cancel)
    {
        var all = mapping.Key.Concat(same).Distinct().ToList();
        var found = (await connection.QueryAsync<FoundRow>(new CommandDefinition(
            $"""
            SELECT r.place::text AS place, t.ctid::text AS now, true AS is_same
            FROM (SELECT * FROM {mapping.Rows}) AS r JOIN ONLY {mapping.Table.Quoted} t ON t.ctid = r.place_after
            WHERE {MappedColumn.NowOf(all)} = {MappedColumn.KeptOf(all, after: true)}
            """, commandTimeout: 0, cancellationToken: cancel)).ConfigureAwait(false)).AsList();
        return found.Count == mapping.Part.Rows ? found : null;
    }
}

/// <param name="Now">Where it is now; null when it is gone.</param>
internal sealed record FoundRow
{
    public required string Place { get; init; }
    public string? Now { get; init; }
    public required bool IsSame { get; init; }
}
