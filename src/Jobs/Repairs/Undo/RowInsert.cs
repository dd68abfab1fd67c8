using Dapper;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>Whole rows on their way back into one table.</summary>
internal sealed class RowInsert
{
    private readonly PartMapping _mapping;
    private readonly string[]? _only;
    private readonly long _rows;

    private RowInsert(PartMapping mapping, string[]? only, long rows) => (_mapping, _only, _rows) = (mapping, only, rows);

    /// <summary>Of rows that were only kept, those come back that are gone; those that are there must still be the same.</summary>
    public static async Task<RowInsert> OfAsync(NpgsqlConnection connection, PartMapping mapping, CancellationToken cancel)
    {
        if (mapping.Part.Action != "kept")
        {
            return new(mapping, null, mapping.Part.Rows);
        }
        var found = await RowFinder.FindAsync(connection, mapping, after: false, mapping.Columns, cancel).ConfigureAwait(false);
        if (found.Count(r => r.Now is not null && !r.IsSame) is > 0 and var other)
        {
            throw PartMapping.Refusal($"{other} of the kept rows are in {mapping.Table.Quoted} with other values by now, and are not overwritten");
        }
        string[] missing = [.. found.Where(r => r.Now is null).Select(r => r.Place)];
        return new(mapping, missing, missing.Length);
    }

    /// <summary>All tables by one statement, so that keys between them hold at its end, in whatever order.</summary>
    public static async Task<long> RunAsync(NpgsqlConnection connection, IReadOnlyList<RowInsert> inserts, StatementLog log, CancellationToken cancel)
    {
        var work = inserts.Where(i => i._rows > 0).ToList();
        if (work.Count == 0)
        {
            return 0;
        }
        var statement = $"WITH {string.Join(",\n", work.Select((w, i) => FormattableString.Invariant($"back{i} AS ({w.Statement(i)})")))}\nSELECT "
            + string.Join(", ", work.Select((w, i) => FormattableString.Invariant($"(SELECT pg_catalog.count(*) FROM back{i}) AS rows{i}, {w.Other(i)} AS other{i}")));
        var arguments = new DynamicParameters();
        for (var i = 0; i < work.Count; i++)
        {
            arguments.Add(FormattableString.Invariant($"only{i}"), work[i]._only ?? []);
        }
        log.Add(string.Join(";\n", work.Select((w, i) => w.Statement(i))));
        var said = (IDictionary<string, object>)await connection.QuerySingleAsync(new CommandDefinition(statement, arguments, commandTimeout: 0, cancellationToken: cancel)).ConfigureAwait(false);
        for (var i = 0; i < work.Count; i++)
        {
            var (rows, other) = ((long)said[FormattableString.Invariant($"rows{i}")], (long)said[FormattableString.Invariant($"other{i}")]);
            if (rows != work[i]._rows || other > 0)
            {
                throw PartMapping.Refusal(rows != work[i]._rows ? $"{work[i]._rows} rows were to come back to {work[i]._mapping.Table.Quoted} and {rows} did"
                    : $"{other} rows of {work[i]._mapping.Table.Quoted} would not come back with the values that they had: a type or a default of it has changed");
            }
        }
        return work.Sum(w => w._rows);
    }

    private string Rows(int number) => _only is null ? _mapping.Rows : $"{_mapping.Rows} AND r.place OPERATOR(pg_catalog.=) ANY (@only{number}::pg_catalog.text[]::pg_catalog.tid[])";

    private string Statement(int number) =>
        $"INSERT INTO {_mapping.Table.Quoted} AS t ({string.Join(", ", _mapping.Written.Select(c => c.Now.Quoted))}) OVERRIDING SYSTEM VALUE "
        + $"SELECT {string.Join(", ", _mapping.Written.Select(c => c.Typed))} FROM {Rows(number)} RETURNING {MappedColumn.NowOf(_mapping.Written)} AS v";

    private string Other(int number) =>
        $"(SELECT pg_catalog.count(*) FROM (SELECT b.v FROM back{number} b EXCEPT ALL SELECT {MappedColumn.KeptOf(_mapping.Written, after: false)} FROM {Rows(number)}) AS o)";
}
