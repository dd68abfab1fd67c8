using Dapper;
using HealingWorkers.Jobs.Errors;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>A table with rows of its own (a partition, not the partitioned table) as quarantine sees it.</summary>
/// <param name="Quoted">schema.name, quoted by the server.</param>
/// <param name="Key">Numbers of the columns that find a row again; empty where nothing does.</param>
public sealed record QuarantineTable(long Oid, string Schema, string Name, string Quoted, string Kind, IReadOnlyList<short> Key, IReadOnlyList<QuarantineColumn> Columns)
{
    // the mapping of names with underscores, which nothing else may have set up before a plan is looked at
    static QuarantineTable() => System.Runtime.CompilerServices.RuntimeHelpers.RunClassConstructor(typeof(Ledger.LedgerDb).TypeHandle);

    /// <summary>An array of text: every value of a row called <c>t</c> by the output function of its type, NULL kept as NULL.</summary>
    internal string Values => ValuesOf(Columns);

    public static async Task<QuarantineTable> OfAsync(NpgsqlConnection connection, long oid, CancellationToken cancel) =>
        await FindAsync(connection, oid, cancel).ConfigureAwait(false)
        ?? throw new HealingException($"the table with the oid {oid} is gone", "It was dropped or built anew since it was looked at.");

    internal static async Task<QuarantineTable?> FindAsync(NpgsqlConnection connection, long oid, CancellationToken cancel)
    {
        // in one go: this is asked for every batch of a repair
        var both = $"{Sql.Of<QuarantineTable>("quarantine_table")};\n{Sql.Of<QuarantineTable>("quarantine_columns")}";
        await using var answers = await connection.QueryMultipleAsync(new CommandDefinition(both, new { oid }, cancellationToken: cancel)).ConfigureAwait(false);
        if (await answers.ReadSingleOrDefaultAsync<Row>().ConfigureAwait(false) is not { } row)
        {
            return null;
        }
        var columns = await answers.ReadAsync<QuarantineColumn>().ConfigureAwait(false);
        return new(row.Oid, row.Schema, row.Name, row.Quoted, row.Kind, row.Key, columns.AsList());
    }

    internal static string ValuesOf(IEnumerable<QuarantineColumn> columns) => $"ARRAY[{string.Join(", ", columns.Select(c => c.Value))}]::pg_catalog.text[]";

    private sealed record Row
    {
        public required long Oid { get; init; }
        public required string Schema { get; init; }
        public required string Name { get; init; }
        public required string Quoted { get; init; }
        public required string Kind { get; init; }
        public required short[] Key { get; init; }
    }
}

public sealed record QuarantineColumn
{
    public required short Number { get; init; }
    public required string Name { get; init; }
    public required string Quoted { get; init; }
    public required string Type { get; init; }
    public required bool IsGenerated { get; init; }
    /// <summary>GENERATED ALWAYS AS IDENTITY: changed by nobody.</summary>
    public required bool IsIdentity { get; init; }
    public required string Cast { get; init; }

    /// <summary>
    /// IS NULL would be true of a row of nothing but NULLs, which is a value; concat calls the type's own output function. Texts are compared by
    /// their bytes: columns of different collations could not be compared at all, and some collations call different texts equal.
    /// </summary>
    internal string Value => $"CASE WHEN t.{Quoted} IS NOT DISTINCT FROM NULL THEN NULL ELSE pg_catalog.concat(t.{Quoted}{Cast}) COLLATE pg_catalog.\"C\" END";
}
