using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>Rows that a condition in SQL calls wrong.</summary>
public sealed class TestedRows(RelationName table, RowTest test) : IWrongRows
{
    public RelationName Table => table;

    public async Task<WrongPlaces> FindAsync(Target target, CancellationToken cancel)
    {
        var (places, samples) = (new List<WrongPlace>(), new List<string>());
        var wrong = await new RowScan(target, Throttle.None).RunAsync(table, test, cancel, (leaf, rows) =>
        {
            samples.AddRange(rows.Take(RowScan.MostShown - samples.Count).Select(r => $"{r.Table} {r.Ctid}: {string.Join(", ", test.Shown.Zip(r.Values, (c, v) => $"{c} = {v ?? "NULL"}"))}"));
            places.AddRange(rows.Take(WrongPlaces.Most - places.Count).Select(r => new WrongPlace(leaf.Name, r.Ctid)));
            return Task.CompletedTask;
        }, WrongPlaces.Most).ConfigureAwait(false);
        return new(wrong.Count, places, samples);
    }

    public async Task<IReadOnlyList<string>> LockAsync(RepairSession session, RelationName leaf, IReadOnlyList<string> ctids, CancellationToken cancel)
    {
        await using var command = test.Command($"""
            SELECT c.ctid::pg_catalog.text FROM ONLY {leaf.Quoted} AS c
            WHERE c.ctid = ANY (@ctids::pg_catalog.text[]::pg_catalog.tid[]) AND ({test.Broken}) FOR UPDATE OF c SKIP LOCKED
            """, session.Connection);
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
