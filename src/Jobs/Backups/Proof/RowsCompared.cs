namespace HealingWorkers.Jobs.Backups;

/// <summary>The rows of a restored server against those that were counted when the backup was taken: equal, different, or not compared. Nothing is close enough.</summary>
internal static class RowsCompared
{
    /// <param name="databases">Those that were restored.</param>
    public static TableComparison Of(CountedRows? counted, IReadOnlyList<string> databases, IReadOnlyList<CountedTable> restored)
    {
        if (counted is null or { Exact: false })
        {
            var why = counted is null ? "nothing was counted when the backup was taken" : counted.Why ?? "the counts belong to no single moment";
            return new(0, [], [.. databases.Select(d => new NotCompared(d, why))]);
        }
        var (equal, differs, not) = (0, new List<TableDiffers>(), new List<NotCompared>());
        var found = restored.ToDictionary(t => (t.Database, t.Table));
        foreach (var table in counted.Tables)
        {
            var now = found.GetValueOrDefault((table.Database, table.Table));
            if (table.Rows is not { } rows)
            {
                not.Add(new($"{table.Database}: {table.Table}", table.Why ?? "it was not counted"));
            }
            else if (now is null)
            {
                differs.Add(new(table.Database, table.Table, rows, null, databases.Contains(table.Database, StringComparer.Ordinal) ? "the table is not in the backup" : "the database is not in the backup"));
            }
            else if (now.Rows is not { } there)
            {
                differs.Add(new(table.Database, table.Table, rows, null, $"it cannot be read: {now.Why}"));
            }
            else if (there != rows)
            {
                differs.Add(new(table.Database, table.Table, rows, there, "it has other rows"));
            }
            else
            {
                equal++;
            }
        }
        var known = counted.Tables.Select(t => (t.Database, t.Table)).ToHashSet();
        var looked = counted.Tables.Select(t => t.Database).ToHashSet(StringComparer.Ordinal);
        differs.AddRange(restored.Where(t => looked.Contains(t.Database) && !known.Contains((t.Database, t.Table))).Select(t => new TableDiffers(t.Database, t.Table, null, t.Rows, "it was not there when the rows were counted")));
        not.AddRange(databases.Where(d => !looked.Contains(d) && restored.Any(t => t.Database == d)).Select(d => new NotCompared(d, "nothing of it was counted when the backup was taken")));
        return new(equal, differs, not);
    }
}
