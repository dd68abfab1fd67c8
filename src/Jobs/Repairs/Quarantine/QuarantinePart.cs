using Dapper;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>What one step of a batch does to one table: keeps its rows, and knows the statement that then touches exactly those.</summary>
internal sealed class QuarantinePart(NpgsqlConnection connection, long batch, int number, QuarantineTable table)
{
    public QuarantineTable Table => table;
    public int Number => number;
    public long Kept { get; private set; }

    /// <summary>Exactly the rows that are kept, by their places; under other names than a column may have.</summary>
    private string Places => FormattableString.Invariant(
        $"(SELECT r.place AS \"kept place\" FROM healing_quarantine.rows r WHERE r.batch OPERATOR(pg_catalog.=) {batch} AND r.part OPERATOR(pg_catalog.=) {number}) AS \"kept row\" WHERE t.ctid OPERATOR(pg_catalog.=) \"kept row\".\"kept place\"");

    public string Deletion => $"DELETE FROM ONLY {table.Quoted} t USING {Places}";

    /// <param name="set">What comes after SET.</param>
    public string Change(string set) => $"UPDATE ONLY {table.Quoted} t SET {set} FROM {Places}";

    public Task BeginAsync(int step, string action, string cause, IReadOnlyList<short> changed, CancellationToken cancel) =>
        connection.ExecuteAsync(new CommandDefinition(Sql.Of<QuarantineTable>("quarantine_part"), new
        {
            batch, part = number, step, action, cause, relation = table.Oid, schema = table.Schema, name = table.Name,
            attnums = table.Columns.Select(c => c.Number).ToArray(), columns = table.Columns.Select(c => c.Name).ToArray(), types = table.Columns.Select(c => c.Type).ToArray(),
            key = table.Key.ToArray(), changed = changed.ToArray(),
        }, cancellationToken: cancel));

    /// <summary>Keeps the rows at these places; one that changed since it was asked for has another place by now and is left alone.</summary>
    public async Task<IReadOnlyList<string>> KeepAsync(IReadOnlyList<string> places, bool locked, CancellationToken cancel) => await InsertAsync(
        $"""
        SELECT @batch, @part, l.place, l.vals
        FROM (SELECT t.ctid AS place, {table.Values} AS vals FROM ONLY {table.Quoted} t WHERE t.ctid = ANY (@places::text[]::tid[]){(locked ? " FOR UPDATE" : "")}) AS l
        JOIN (SELECT DISTINCT u.place FROM pg_catalog.unnest(@places::text[]::tid[]) AS u (place)) AS asked ON asked.place = l.place
        """, places, cancel).ConfigureAwait(false);

    /// <summary>By a scan of their page, which believes the page that all in it is visible; a fetch by place would believe each row.</summary>
    public async Task<IReadOnlyList<string>> KeepScannedAsync(IReadOnlyList<string> places, CancellationToken cancel)
    {
        var block = places[0][..places[0].IndexOf(',', StringComparison.Ordinal)];
        return await InsertAsync(
            $"""
            SELECT @batch, @part, l.place, l.vals
            FROM (SELECT t.ctid AS place, {table.Values} AS vals FROM ONLY {table.Quoted} t
                  WHERE t.ctid >= '{block},0)'::tid AND t.ctid <= '{block},65535)'::tid AND t.ctid::text = ANY (@places::text[]) OFFSET 0) AS l
            """, places, cancel).ConfigureAwait(false);
    }

    /// <summary>
    /// What nothing refers to is deleted and kept by one statement: what it returns is what goes. A row that changed meanwhile would be deleted in
    /// its new version, if its place were not asked for a second time, as a plain condition.
    /// </summary>
    public async Task<string> MoveAsync(IReadOnlyList<string> places, CancellationToken cancel)
    {
        var statement = FormattableString.Invariant(
            $"""
            WITH gone AS (
                DELETE FROM ONLY {table.Quoted} t USING pg_catalog.unnest(@places::text[]::tid[]) AS asked (place)
                WHERE t.ctid = asked.place AND t.ctid >= asked.place AND t.ctid <= asked.place
                RETURNING t.ctid AS place, {table.Values} AS vals)
            INSERT INTO healing_quarantine.rows (batch, part, place, vals) SELECT {batch}, {number}, place, vals FROM gone
            """);
        Kept = await connection.ExecuteAsync(new CommandDefinition(statement, new { places = places.Distinct(StringComparer.Ordinal).ToArray() }, commandTimeout: 0, cancellationToken: cancel)).ConfigureAwait(false);
        return FormattableString.Invariant($"{statement}\n-- @places: the {Kept} that it kept");
    }

    /// <summary>Keeps the rows that refer to rows of another table at these places, save those that a part keeps to be deleted.</summary>
    public async Task<IReadOnlyList<string>> KeepReferringAsync(Reference reference, string parent, IReadOnlyList<string> places, int? deleted, CancellationToken cancel)
    {
        var but = deleted is null ? "" : FormattableString.Invariant($" AND NOT EXISTS (SELECT FROM healing_quarantine.rows d WHERE d.batch = @batch AND d.part = {deleted} AND d.place = t.ctid)");
        return await InsertAsync(
            $"""
            SELECT @batch, @part, l.place, l.vals
            FROM (SELECT t.ctid AS place, {table.Values} AS vals FROM ONLY {table.Quoted} t
                  WHERE EXISTS (SELECT FROM ONLY {parent} p WHERE p.ctid = ANY (@places::text[]::tid[]) AND {reference.Condition}){but} FOR UPDATE OF t) AS l
            """, places, cancel).ConfigureAwait(false);
    }

    public async Task DoneAsync(string statement, CancellationToken cancel) =>
        await connection.ExecuteAsync(new CommandDefinition(Sql.Of<QuarantineTable>("quarantine_part_done"), new { batch, part = number, statement }, commandTimeout: 0, cancellationToken: cancel)).ConfigureAwait(false);

    /// <summary>The change, and what the rows became noted beside what they were. How many it changed.</summary>
    public async Task<long> ChangeAsync(string statement, IEnumerable<QuarantineColumn> changed, CancellationToken cancel)
    {
        var (touched, noted) = await connection.QuerySingleAsync<(long, long)>(new CommandDefinition(FormattableString.Invariant(
            $"""
            WITH "changed rows" AS ({statement} RETURNING "kept row"."kept place" AS was, t.ctid AS now, {QuarantineTable.ValuesOf(changed)} AS vals),
            "noted rows" AS (
                UPDATE healing_quarantine.rows r SET place_after = n.now, vals_after = n.vals FROM "changed rows" n
                WHERE r.batch OPERATOR(pg_catalog.=) {batch} AND r.part OPERATOR(pg_catalog.=) {number} AND r.place OPERATOR(pg_catalog.=) n.was RETURNING 1)
            SELECT (SELECT pg_catalog.count(*) FROM "changed rows"), (SELECT pg_catalog.count(*) FROM "noted rows")
            """), commandTimeout: 0, cancellationToken: cancel)).ConfigureAwait(false);
        return Math.Min(touched, noted);
    }

    private async Task<IReadOnlyList<string>> InsertAsync(string select, IReadOnlyList<string> places, CancellationToken cancel)
    {
        var kept = (await connection.QueryAsync<string>(new CommandDefinition(
            $"INSERT INTO healing_quarantine.rows (batch, part, place, vals) {select} ON CONFLICT DO NOTHING RETURNING place::text",
            new { batch, part = number, places = places.ToArray() }, commandTimeout: 0, cancellationToken: cancel)).ConfigureAwait(false)).AsList();
        Kept += kept.Count;
        return kept;
    }
}
