using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>Reads a column of JSON piece by piece and compares each value with its schema here, off the server; one value is in memory at a time.</summary>
/// <param name="deadly">Stands around the reads of a check; null where a repair reads.</param>
public sealed class JsonScan(Target target, Throttle throttle, DeadlyReads? deadly = null)
{
    private const long LargestPiece = 16_384;
    private const int LargestValue = 32 << 20;

    /// <summary>How many values could not be compared: too large, or nested too deeply.</summary>
    public long NotLooked { get; private set; }
    public long Looked { get; private set; }

    public async Task RunAsync(JsonColumn column, Action<WrongJson> wrong, CancellationToken cancel)
    {
        foreach (var piece in await new RowScan(target, throttle, deadly).PiecesAsync(column.Table.Name, 0, cancel, LargestPiece).ConfigureAwait(false))
        {
            var began = target.Clock.GetTimestamp();
            await ReadAsync(column, piece, wrong, cancel).ConfigureAwait(false);
            await throttle.RestAsync(target.Clock.GetElapsedTime(began), cancel).ConfigureAwait(false);
        }
    }

    private async Task ReadAsync(JsonColumn column, TablePiece piece, Action<WrongJson> wrong, CancellationToken cancel)
    {
        await using var reading = await DataReading.OpenAsync(target, alone: false, cancel).ConfigureAwait(false);
        if (deadly is null)
        {
            await AskAsync(reading.Connection, column, piece, wrong, cancel).ConfigureAwait(false);
            return;
        }
        await deadly.GuardAsync(reading.Connection, piece.Leaf.Name, $"SELECT c.{column.Column} FROM ONLY {piece.Leaf.Name.Quoted} AS c WHERE {piece.Condition}c.{column.Column} IS NOT NULL",
            token => AskAsync(reading.Connection, column, piece, wrong, token), cancel).ConfigureAwait(false);
    }

    private async Task AskAsync(NpgsqlConnection connection, JsonColumn column, TablePiece piece, Action<WrongJson> wrong, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand($"""
            SELECT v.at, v.shown, CASE WHEN pg_catalog.octet_length(v.value) <= {LargestValue} THEN v.value END
            FROM (SELECT c.ctid::pg_catalog.text AS at, c.{column.Column}::pg_catalog.text AS value,
                         {RowText.Of(column.Table.Key)} AS shown
                  FROM ONLY {piece.Leaf.Name.Quoted} AS c
                  WHERE {piece.Condition}c.{column.Column} IS NOT NULL{(column.Rule.Where.Length == 0 ? "" : $" AND ({column.Rule.Where}\n)")}
                  OFFSET 0) AS v
            """, connection);
        await using var row = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        while (await row.ReadAsync(cancel).ConfigureAwait(false))
        {
            var verdict = !row.IsDBNull(2) && ServerText.Whole(row, 2) is { } value ? column.Shape.Judge(value, column.IsText) : Options.JsonVerdict.NotLooked;
            Looked++;
            NotLooked += verdict.Looked ? 0 : 1;
            if (verdict.Path is not null)
            {
                wrong(new(piece.Leaf.Name, row.GetString(0), [.. ServerText.AllShown(row, 1).Select(v => Text.Bounded(v, 100))], verdict.Path, verdict.What!));
            }
        }
    }
}
