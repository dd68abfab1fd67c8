using Dapper;
using HealingWorkers.Jobs.Ledger;
using Npgsql;

namespace HealingWorkers.Jobs.Snapshots;

/// <summary>Where the server keeps a relation.</summary>
public sealed record RelationPlace(long Oid, string Name, string? Path, long? FileNode)
{
    public static async Task<IReadOnlyList<RelationPlace>> OfAsync(NpgsqlConnection connection, IReadOnlyList<long> oids, CancellationToken cancel) =>
        [.. await connection.QueryAsync<RelationPlace>(new CommandDefinition(
            Sql.Of<RelationPlace>("relation_place"), new { oids = oids.ToArray() }, cancellationToken: cancel)).ConfigureAwait(false)];
}
