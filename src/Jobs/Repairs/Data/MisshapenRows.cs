using System.Globalization;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>Rows whose JSON has another shape than its schema says.</summary>
public sealed class MisshapenRows(JsonColumn column) : IWrongRows
{
    public RelationName Table => column.Table.Name;

    public async Task<WrongPlaces> FindAsync(Target target, CancellationToken cancel)
    {
        var (count, places, samples) = (0L, new List<WrongPlace>(), new List<string>());
        await new JsonScan(target, Throttle.None).RunAsync(column, wrong =>
        {
            count++;
            if (samples.Count < RowScan.MostShown)
            {
                samples.Add($"{wrong.Table.Quoted} {wrong.Ctid}: {string.Join(", ", column.Table.Key.Zip(wrong.Values, (c, v) => $"{c} = {v}").Append($"{column.Column} at {wrong.Path}: {wrong.What}"))}");
            }
            if (places.Count < WrongPlaces.Most)
            {
                places.Add(new(wrong.Table, wrong.Ctid));
            }
        }, cancel).ConfigureAwait(false);
        return new(count, places, samples);
    }

    /// <summary>The shape is judged by us: the server knows no schema.</summary>
    public string Locking(RelationName leaf) =>
        $"""
        SELECT c.ctid::pg_catalog.text, c.{column.Column}::pg_catalog.text FROM ONLY {leaf.Quoted} AS c
        WHERE c.ctid = ANY (@ctids::pg_catalog.text[]::pg_catalog.tid[]) AND c.tableoid = {leaf.Oid.ToString(CultureInfo.InvariantCulture)} AND c.{column.Column} IS NOT NULL{(column.Rule.Where.Length == 0 ? "" : $" AND ({column.Rule.Where}\n)")}
        FOR UPDATE OF c SKIP LOCKED
        """;

    public string? Parameters => null;

    public async Task<IReadOnlyList<string>> LockAsync(RepairSession session, RelationName leaf, IReadOnlyList<string> ctids, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(Locking(leaf), session.Connection) { Parameters = { new("ctids", ctids.ToArray()) } };
        await using var row = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        var still = new List<string>();
        while (await row.ReadAsync(cancel).ConfigureAwait(false))
        {
            if (ServerText.Whole(row, 1) is { } value && column.Shape.Judge(value, column.IsText).Path is not null)
            {
                still.Add(row.GetString(0));
            }
        }
        return still;
    }
}
