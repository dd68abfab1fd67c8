using Dapper;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Ledger;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>What a column would say to a value, or to none.</summary>
public sealed record DataColumn
{
    static DataColumn() => System.Runtime.CompilerServices.RuntimeHelpers.RunClassConstructor(typeof(LedgerDb).TypeHandle);

    public required string Name { get; init; }
    public required string Quoted { get; init; }
    public required string Type { get; init; }
    public required string Category { get; init; }
    public required bool NotNull { get; init; }
    public required bool HasDefault { get; init; }
    public required bool TakesNone { get; init; }

    public static async Task<IReadOnlyList<DataColumn>> OfAsync(NpgsqlConnection connection, long table, CancellationToken cancel) =>
        (await connection.QueryAsync<DataColumn>(new CommandDefinition(Sql.Of<IndexLook>("data_columns"), new { table }, cancellationToken: cancel)).ConfigureAwait(false)).AsList();

    /// <summary>What it is set to where it marks a row for review; null where its type cannot say that.</summary>
    /// <param name="reason">A literal in SQL.</param>
    public string? Marked(string reason) => TakesNone ? null : Type switch
    {
        "bool" => "true",
        "timestamptz" or "timestamp" or "date" => "pg_catalog.now()",
        "text" or "varchar" => reason,
        _ => null,
    };
}
