using System.Globalization;
using Dapper;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>What one step of a batch does to one table: keeps its rows, and knows the statement that then touches exactly those.</summary>
internal sealed class QuarantinePart(NpgsqlConnection connection, long batch, int number, QuarantineTable table)
{
    private readonly QuarantineStatements _statements = new(table, batch.ToString(CultureInfo.InvariantCulture), number.ToString(CultureInfo.InvariantCulture));

    public QuarantineTable Table => table;
    public int Number => number;
    public long Kept { get; private set; }

    public string Deletion => _statements.Deletion;

    /// <param name="set">What comes after SET.</param>
    public string Change(string set) => _statements.Change(set);

    public Task BeginAsync(int step, string action, string cause, IReadOnlyList<short> changed, CancellationToken cancel) =>
        connection.ExecuteAsync(new CommandDefinition(Sql.Of<QuarantineTable>("quarantine_part"), new
        {
            batch, part = number, step, action, cause, relation = table.Oid, schema = table.Schema, name = table.Name,
            attnums = table.Columns.Select(c => c.Number).ToArray(), columns = table.Columns.Select(c => c.Name).ToArray(), types = table.Columns.Select(c => c.Type).ToArray(),
            key = table.Key.ToArray(), changed = changed.ToArray(),
        }, cancellationToken: cancel));

    /// <summary>Keeps the rows at these places; one that changed since it was asked for has another place by now and is left alone.</summary>
    public Task<IReadOnlyList<string>> KeepAsync(IReadOnlyList<string> places, bool locked, CancellationToken cancel) => InsertAsync(_statements.Keep(locked), places, cancel);

    /// <summary>By a scan of their page.</summary>
    public Task<IReadOnlyList<string>> KeepScannedAsync(IReadOnlyList<string> places, CancellationToken cancel) =>
        InsertAsync(_statements.KeepScanned(places[0][..places[0].IndexOf(',', StringComparison.Ordinal)]), places, cancel);

    /// <summary>What nothing refers to is deleted and kept by one statement.</summary>
    public async Task<string> MoveAsync(IReadOnlyList<string> places, CancellationToken cancel)
    {
        var statement = _statements.Move;
        Kept = await connection.ExecuteAsync(new CommandDefinition(statement, new { places = places.Distinct(StringComparer.Ordinal).ToArray() }, commandTimeout: 0, cancellationToken: cancel)).ConfigureAwait(false);
        return FormattableString.Invariant($"{statement}\n-- @places: the {Kept} that it kept");
    }

    /// <summary>Keeps the rows that refer to rows of another table at these places, save those that a part keeps to be deleted.</summary>
    public Task<IReadOnlyList<string>> KeepReferringAsync(Reference reference, string parent, IReadOnlyList<string> places, int? deleted, CancellationToken cancel) =>
        InsertAsync(_statements.KeepReferring(reference, parent, deleted is { } part ? part.ToString(CultureInfo.InvariantCulture) : null), places, cancel);

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

    private async Task<IReadOnlyList<string>> InsertAsync(string statement, IReadOnlyList<string> places, CancellationToken cancel)
    {
        var kept = (await connection.QueryAsync<string>(new CommandDefinition(statement, new { places = places.ToArray() }, commandTimeout: 0, cancellationToken: cancel)).ConfigureAwait(false)).AsList();
        Kept += kept.Count;
        return kept;
    }
}
