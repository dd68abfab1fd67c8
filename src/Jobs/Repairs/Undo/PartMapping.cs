using Dapper;
using HealingWorkers.Jobs.Errors;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>A kept part and its table as it is now: found by oid, its columns by their numbers, whatever they are called by now.</summary>
internal sealed class PartMapping
{
    private PartMapping(KeptPart part, QuarantineTable table, IReadOnlyList<MappedColumn> columns) => (Part, Table, Columns) = (part, table, columns);

    public KeptPart Part { get; }
    public QuarantineTable Table { get; }
    /// <summary>The columns whose values have a place to go.</summary>
    public IReadOnlyList<MappedColumn> Columns { get; }

    public IEnumerable<MappedColumn> Written => Columns.Where(c => !c.Now.IsGenerated);
    public IEnumerable<MappedColumn> Set => Written.Where(c => c.After is not null);
    /// <summary>What finds a row again: its key, where it had one and all of it is still there, else everything.</summary>
    public IReadOnlyList<MappedColumn> Key => HasKey ? [.. Part.KeyColumns.Select(n => Columns.First(c => c.Now.Number == n))] : [.. Columns];
    public bool HasKey => Part.KeyColumns.Length > 0 && Part.KeyColumns.All(n => Columns.Any(c => c.Now.Number == n));
    public string Rows => FormattableString.Invariant($"healing_quarantine.rows r WHERE r.batch OPERATOR(pg_catalog.=) {Part.Batch} AND r.part OPERATOR(pg_catalog.=) {Part.Part}");

    public static async Task<PartMapping> OfAsync(NpgsqlConnection connection, KeptPart part, CancellationToken cancel)
    {
        var table = await QuarantineTable.FindAsync(connection, part.Relation, cancel).ConfigureAwait(false)
            ?? throw Refusal($"the table {part.SchemaName}.{part.TableName} that {part.Rows} rows were taken from is gone (oid {part.Relation})");
        var columns = new List<MappedColumn>();
        for (var i = 0; i < part.Attnums.Length; i++)
        {
            var after = Array.IndexOf(part.Changed, part.Attnums[i]);
            if (table.Columns.FirstOrDefault(c => c.Number == part.Attnums[i]) is { } now)
            {
                columns.Add(new(now, i + 1, after < 0 ? null : after + 1));
            }
            else if (await HasValuesAsync(connection, part, i + 1, after + 1, cancel).ConfigureAwait(false))
            {
                throw Refusal($"the column {part.Columns[i]} of {table.Quoted} was dropped since, and its values have nowhere to go");
            }
        }
        return new(part, table, columns);
    }

    /// <summary>A value that nobody could read any more when the row was kept has nothing to come back.</summary>
    public void RequireValues()
    {
        if (Part.Changed.Any(n => !Part.Attnums.Contains(n)))
        {
            throw Refusal($"values of {Table.Quoted} were lost already when its rows were kept, so that what was put in their place stays");
        }
    }

    public static HealingException Refusal(string what, Exception? inner = null) =>
        new(what, "Nothing was changed. The rows stay in healing_quarantine of the target: select them there and decide by hand.", inner);

    private static Task<bool> HasValuesAsync(NpgsqlConnection connection, KeptPart part, int index, int after, CancellationToken cancel) =>
        connection.ExecuteScalarAsync<bool>(new CommandDefinition(FormattableString.Invariant(
            $"SELECT EXISTS (SELECT FROM healing_quarantine.rows r WHERE r.batch = {part.Batch} AND r.part = {part.Part} AND (r.vals[{index}] IS NOT NULL OR {(after > 0 ? FormattableString.Invariant($"r.vals_after[{after}] IS NOT NULL") : "false")}))"),
            cancellationToken: cancel));
}

/// <param name="Index">Where its values are in the row that was kept, from 1.</param>
/// <param name="After">Where its values after the change are; null where it was not changed.</param>
internal sealed record MappedColumn(QuarantineColumn Now, int Index, int? After)
{
    /// <summary>Its text in a kept row <c>r</c>.</summary>
    public string Kept(bool after) => FormattableString.Invariant(after && After is not null ? $"r.vals_after[{After}]" : (FormattableString)$"r.vals[{Index}]");

    /// <summary>Its kept value as one of its type.</summary>
    public string Typed => FormattableString.Invariant($"(r.vals[{Index}]){(Now.Cast == "::pg_catalog.oid" ? Now.Cast : "")}::{Now.Type}");

    /// <summary>The texts of the same columns of a kept row.</summary>
    public static string KeptOf(IEnumerable<MappedColumn> columns, bool after) => $"ARRAY[{string.Join(", ", columns.Select(c => c.Kept(after)))}]::pg_catalog.text[]";

    /// <summary>The texts of columns of a row <c>t</c> as it is now.</summary>
    public static string NowOf(IEnumerable<MappedColumn> columns) => QuarantineTable.ValuesOf(columns.Select(c => c.Now));
}
