using System.Globalization;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>Rows that a condition in SQL calls wrong.</summary>
public sealed class TestedRows(RelationName table, RowTest test) : IWrongRows
{
    private const int MostAllowed = 20;

    public RelationName Table => table;

    public async Task<WrongPlaces> FindAsync(Target target, CancellationToken cancel)
    {
        var places = new List<WrongPlace>();
        var wrong = await new RowScan(target, Throttle.None).RunAsync(table, test with { Shown = [] }, cancel, (leaf, rows) =>
        {
            places.AddRange(rows.Take(WrongPlaces.Most - places.Count).Select(r => new WrongPlace(leaf.Name, r.Ctid)));
            return Task.CompletedTask;
        }, WrongPlaces.Most).ConfigureAwait(false);
        return new(wrong.Count, places, wrong.Count == 0 ? [] : await SamplesAsync(target, places[0].Leaf, [.. places.TakeWhile(p => p.Leaf == places[0].Leaf).Take(RowScan.MostShown).Select(p => p.Ctid)], cancel).ConfigureAwait(false));
    }

    /// <summary>What a person knows the first of them by: only these are read once more with their values.</summary>
    private async Task<IReadOnlyList<string>> SamplesAsync(Target target, RelationName leaf, string[] ctids, CancellationToken cancel)
    {
        await using var connection = await target.OpenCheckAsync(cancel).ConfigureAwait(false);
        await using var command = new NpgsqlCommand($"""
            SELECT c.ctid::pg_catalog.text, {test.ShownValues}
            FROM ONLY {leaf.Quoted} AS c WHERE c.ctid = ANY (@ctids::pg_catalog.text[]::pg_catalog.tid[])
            """, connection) { Parameters = { new("ctids", ctids) } };
        await using var row = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        var samples = new List<string>();
        while (await row.ReadAsync(cancel).ConfigureAwait(false))
        {
            var values = ServerText.AllShown(row, 1).Select(v => Text.Bounded(v, 100) ?? "NULL");
            samples.Add($"{leaf.Quoted} {row.GetString(0)}: {string.Join(", ", test.Shown.Zip(values, (c, v) => $"{c} = {v}"))}");
        }
        return samples;
    }

    public string Locking(RelationName leaf) =>
        $"""
        SELECT c.ctid::pg_catalog.text FROM ONLY {leaf.Quoted} AS c
        WHERE c.ctid = ANY (@ctids::pg_catalog.text[]::pg_catalog.tid[]) AND c.tableoid = {leaf.Oid.ToString(CultureInfo.InvariantCulture)} AND ({test.Broken}) FOR UPDATE OF c SKIP LOCKED
        """;

    public string? Parameters => test.Allowed is null ? null : $"@allowed: {string.Join(", ", test.Allowed.Take(MostAllowed))}{(test.Allowed.Count > MostAllowed ? $" and {test.Allowed.Count - MostAllowed} more" : "")}";

    /// <summary>
    /// What stands beside the rows is judged as it was when the statement began; what was committed since, another statement sees. The rows
    /// themselves are held by then. By oid as well: another table may have the name by now.
    /// </summary>
    public async Task<IReadOnlyList<string>> LockAsync(RepairSession session, RelationName leaf, IReadOnlyList<string> ctids, CancellationToken cancel)
    {
        var held = await StillAsync(session, leaf, ctids, cancel).ConfigureAwait(false);
        return held.Count == 0 || test.Beside.Count == 0 ? held : await StillAsync(session, leaf, held, cancel).ConfigureAwait(false);
    }

    private async Task<IReadOnlyList<string>> StillAsync(RepairSession session, RelationName leaf, IReadOnlyList<string> ctids, CancellationToken cancel)
    {
        await using var command = test.Command(Locking(leaf), session.Connection);
        command.Parameters.AddWithValue("ctids", ctids.ToArray());
        await using var row = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        var still = new List<string>();
        while (await row.ReadAsync(cancel).ConfigureAwait(false))
        {
            still.Add(row.GetString(0));
        }
        return still;
    }
}
