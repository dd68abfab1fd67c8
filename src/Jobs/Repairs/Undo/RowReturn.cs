using Dapper;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>Changed rows on their way back to what they were, as long as nobody has changed the same columns since.</summary>
internal static class RowReturn
{
    public static async Task<IReadOnlyList<FoundRow>> FindAsync(NpgsqlConnection connection, PartMapping mapping, CancellationToken cancel)
    {
        mapping.RequireValues();
        var found = await RowFinder.FindAsync(connection, mapping, after: true, Same(mapping), cancel).ConfigureAwait(false);
        if (found.Count(r => r.Now is null) is > 0 and var gone)
        {
            throw PartMapping.Refusal($"{gone} of the changed rows are no longer in {mapping.Table.Quoted}, or nothing finds them");
        }
        return found.Count(r => !r.IsSame) is > 0 and var changed
            ? throw PartMapping.Refusal($"{changed} of the changed rows of {mapping.Table.Quoted} were changed again since, in {string.Join(", ", mapping.Set.Select(c => c.Now.Quoted))}, and are not overwritten")
            : found;
    }

    public static async Task<long> RunAsync(NpgsqlConnection connection, PartMapping mapping, IReadOnlyList<FoundRow> found, StatementLog log, CancellationToken cancel)
    {
        var (set, same) = (mapping.Set.ToList(), Same(mapping));
        var statement =
            $"UPDATE ONLY {mapping.Table.Quoted} t SET {string.Join(", ", set.Select(c => $"{c.Now.Quoted} = {c.Typed}"))} "
            + "FROM ROWS FROM (pg_catalog.unnest(@places::pg_catalog.text[]::pg_catalog.tid[]), pg_catalog.unnest(@nows::pg_catalog.text[]::pg_catalog.tid[])) AS m (place, now) "
            + $"JOIN (SELECT * FROM {mapping.Rows}) AS r ON r.place OPERATOR(pg_catalog.=) m.place "
            + $"WHERE t.ctid OPERATOR(pg_catalog.=) m.now AND {MappedColumn.NowOf(same)} OPERATOR(pg_catalog.=) {MappedColumn.KeptOf(same, after: true)}";
        log.Add(statement);
        var (rows, other) = await connection.QuerySingleAsync<(long, long)>(new CommandDefinition(
            $"WITH back AS ({statement} RETURNING {MappedColumn.NowOf(set)} OPERATOR(pg_catalog.=) {MappedColumn.KeptOf(set, after: false)} AS same) "
            + "SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE NOT b.same) FROM back b",
            new { places = found.Select(f => f.Place).ToArray(), nows = found.Select(f => f.Now).ToArray() }, commandTimeout: 0, cancellationToken: cancel)).ConfigureAwait(false);
        return rows != found.Count ? throw PartMapping.Refusal($"{found.Count} rows of {mapping.Table.Quoted} were to be changed back and {rows} were")
            : other > 0 ? throw PartMapping.Refusal($"{other} rows of {mapping.Table.Quoted} would not get back the values that they had: a type of it has changed")
            : rows;
    }

    /// <summary>Without a key everything must be as it was left, or it is not known to be that row.</summary>
    private static IReadOnlyList<MappedColumn> Same(PartMapping mapping) => mapping.HasKey ? [.. mapping.Set] : mapping.Columns;
}
