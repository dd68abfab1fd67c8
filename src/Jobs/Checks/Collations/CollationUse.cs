using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Ledger;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>Something that is stored in the order of a collation.</summary>
/// <param name="Kind">index, partition_key or constraint.</param>
internal sealed record CollationUse(long Collation, string Kind, long Oid, string Quoted, string Table, string? Method, long FileNode, bool NeedsLocks)
{
    public const string Index = "index";
    public const string PartitionKey = "partition_key";
    public const string Constraint = "constraint";

    public JsonObject ToJson() => new() { ["oid"] = Oid, ["name"] = Quoted, ["table"] = Table, ["method"] = Method };

    public static async Task<ILookup<long, CollationUse>> ReadAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancel).ConfigureAwait(false);
        // its plan looks dear and is not: to compile it takes longer than to run it
        await using var command = new NpgsqlCommand($"SET LOCAL jit = off; {Sql.Of<ICheck>("collation_uses")}", connection);
        await using var row = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        var uses = new List<CollationUse>();
        while (await row.ReadAsync(cancel).ConfigureAwait(false))
        {
            uses.Add(new(row.GetInt64(0), row.GetString(1), row.GetInt64(2), row.GetString(3), row.GetString(4),
                await row.IsDBNullAsync(5, cancel).ConfigureAwait(false) ? null : row.GetString(5), row.GetInt64(6), row.GetBoolean(7)));
        }
        return uses.ToLookup(u => u.Collation);
    }
}
