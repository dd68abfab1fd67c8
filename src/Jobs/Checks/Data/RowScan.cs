using System.Globalization;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>Reads a whole table, leaf by leaf and piece by piece, and counts the rows that are wrong.</summary>
/// <param name="deadly">Stands around the reads of a check; null where a repair reads.</param>
public sealed class RowScan(Target target, Throttle throttle, DeadlyReads? deadly = null)
{
    private const long SmallestPiece = 8192;
    public const int MostShown = 20;
    public const int MostOfPiece = 200;

    /// <param name="seen">Is given the first wrong rows of each piece, <paramref name="most"/> of them.</param>
    public async Task<WrongRows> RunAsync(RelationName table, RowTest test, CancellationToken cancel, Func<TableLeaf, IReadOnlyList<WrongRow>, Task>? seen = null, int most = MostOfPiece)
    {
        var (count, shown) = (0L, new List<WrongRow>());
        foreach (var piece in await PiecesAsync(table, test.PagesBeside, cancel).ConfigureAwait(false))
        {
            var began = target.Clock.GetTimestamp();
            var found = await ReadAsync(piece, test, most, cancel).ConfigureAwait(false);
            count += found.Count;
            shown.AddRange(found.Rows.Take(MostShown - shown.Count));
            if (seen is not null && found.Rows.Count > 0)
            {
                await seen(piece.Leaf, found.Rows).ConfigureAwait(false);
            }
            await throttle.RestAsync(target.Clock.GetElapsedTime(began), cancel).ConfigureAwait(false);
        }
        return new(count, shown);
    }

    /// <summary>A piece is never much smaller than what has to be read with each; where nothing is held back, a leaf is one piece.</summary>
    public async Task<IReadOnlyList<TablePiece>> PiecesAsync(RelationName table, long pagesBeside, CancellationToken cancel, long largest = long.MaxValue)
    {
        var pieces = new List<TablePiece>();
        foreach (var leaf in await TableLeaf.OfAsync(target, table, cancel).ConfigureAwait(false))
        {
            deadly?.Refuse(leaf.Name);
            if (deadly?.WhyNotRows(leaf.Name) is { } why)
            {
                throw new LeftAloneException($"{leaf.Name.Quoted}: {why}");
            }
            var size = Math.Min(largest, throttle.IsOff ? Math.Max(leaf.Pages, 1) : Math.Max(SmallestPiece, pagesBeside));
            for (var from = 0L; from < Math.Max(leaf.Pages, 1); from += size)
            {
                // the last one has no end: the table may grow meanwhile
                pieces.Add(new(leaf, from, from + size >= leaf.Pages ? null : from + size));
            }
        }
        return pieces;
    }

    private async Task<WrongRows> ReadAsync(TablePiece piece, RowTest test, int most, CancellationToken cancel)
    {
        await using var reading = await DataReading.OpenAsync(target, throttle.IsOff, cancel).ConfigureAwait(false);
        return deadly is null ? await AskAsync(reading.Connection, piece, test, most, cancel).ConfigureAwait(false)
            : await deadly.GuardAsync(reading.Connection, new(piece.Leaf.Name) { Beside = [.. test.Beside.Where(b => b != piece.Leaf.Name)] }, $"SELECT * FROM ONLY {piece.Leaf.Name.Quoted} AS c WHERE {piece.Condition}({test.Broken})",
                token => AskAsync(reading.Connection, piece, test, most, token), cancel).ConfigureAwait(false);
    }

    private static async Task<WrongRows> AskAsync(NpgsqlConnection connection, TablePiece piece, RowTest test, int most, CancellationToken cancel)
    {
        // a hundred thousand empty arrays take their time as well
        var shows = test.Shown.Count > 0;
        await using var command = test.Command($"""
            WITH wrong AS MATERIALIZED (
                SELECT c.ctid AS at, CASE WHEN pg_catalog.pg_is_in_recovery() THEN NULL ELSE pg_catalog.age(c.xmin) END AS age{(shows ? $", {test.ShownValues} AS shown" : "")}
                FROM ONLY {piece.Leaf.Name.Quoted} AS c
                WHERE {piece.Condition}({test.Broken}))
            SELECT (SELECT pg_catalog.count(*) FROM wrong), w.at::pg_catalog.text, w.age{(shows ? ", w.shown" : "")} FROM wrong AS w LIMIT {most}
            """, connection);
        await using var row = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        var (count, rows) = (0L, new List<WrongRow>());
        while (await row.ReadAsync(cancel).ConfigureAwait(false))
        {
            count = row.GetInt64(0);
            rows.Add(new(piece.Leaf.Name.Quoted, row.GetString(1), await row.IsDBNullAsync(2, cancel).ConfigureAwait(false) ? null : row.GetInt32(2),
                shows ? [.. ServerText.AllShown(row, 3).Select(v => Text.Bounded(v, 100))] : []));
        }
        return new(count, rows);
    }
}

/// <param name="To">Null: to the end.</param>
public sealed record TablePiece(TableLeaf Leaf, long From, long? To)
{
    /// <summary>Ends in AND, or is empty for a whole leaf.</summary>
    public string Condition =>
        (From == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"c.ctid >= '({From},0)' AND "))
        + (To is null ? "" : string.Create(CultureInfo.InvariantCulture, $"c.ctid < '({To},0)' AND "));
}

/// <summary>A table that really holds rows.</summary>
public sealed record TableLeaf(RelationName Name, long Pages)
{
    public static async Task<IReadOnlyList<TableLeaf>> OfAsync(Target target, RelationName table, CancellationToken cancel)
    {
        await using var connection = await target.OpenCheckAsync(cancel).ConfigureAwait(false);
        await using var command = new NpgsqlCommand(Sql.Of<ICheck>("data_leaves"), connection) { Parameters = { new("table", table.Oid) } };
        await using var row = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        var leaves = new List<TableLeaf>();
        while (await row.ReadAsync(cancel).ConfigureAwait(false))
        {
            if (row.GetString(2) is not "r")
            {
                throw new Errors.HealingException($"{row.GetString(1)}, where rows of {table.Quoted} are, is no table of this database", "what lies on another server is checked there");
            }
            leaves.Add(new(new(row.GetInt64(0), row.GetString(1)), row.GetInt64(3)));
        }
        return leaves;
    }
}
