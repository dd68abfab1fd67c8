using Dapper;
using HealingWorkers.Jobs.Ledger;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>A table that holds rows which others point at.</summary>
public sealed record ParentLeaf
{
    // a check runs without a ledger, which else says this
    static ParentLeaf() => DefaultTypeMap.MatchNamesWithUnderscores = true;

    public required long Oid { get; init; }
    public required string Quoted { get; init; }
    public required string Kind { get; init; }
    public required bool HasPages { get; init; }
    /// <summary>Indexes with an entry for each row.</summary>
    public required long[] Witnesses { get; init; }

    public static async Task<IReadOnlyList<ParentLeaf>> OfAsync(NpgsqlConnection connection, ForeignKey key, CancellationToken cancel) =>
        (await connection.QueryAsync<ParentLeaf>(new CommandDefinition(Sql.Of<ICheck>("parent_leaves"), new { table = key.Parent, heirs = key.IsOfHeirs }, cancellationToken: cancel)).ConfigureAwait(false)).AsList();
}
