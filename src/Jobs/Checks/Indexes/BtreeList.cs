using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Targets;
using Npgsql;
using NpgsqlTypes;

namespace HealingWorkers.Jobs.Checks;

/// <summary>Which indexes a function of amcheck can verify, and why none can be.</summary>
internal static class BtreeList
{
    /// <summary>Null when the check can run.</summary>
    public static Task<string?> WhyNotAsync(NpgsqlConnection connection, TargetFacts facts, AmcheckCall call, CancellationToken cancel) =>
        ExtensionRight.WhyNotAsync(connection, facts, "amcheck", [call.Signature], cancel);

    public static string Ungranted(TargetFacts facts, string schema, AmcheckCall call) => ExtensionRight.Ungranted(facts, schema, call.Signature);

    public static async Task<IReadOnlyList<BtreeIndex>> ReadAsync(NpgsqlConnection connection, CheckScope scope, AmcheckCall call, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(Sql.Of<ICheck>("btree_indexes"), connection);
        command.Parameters.Add(new("indexes", NpgsqlDbType.Array | NpgsqlDbType.Bigint) { Value = (object?)scope.Indexes?.ToArray() ?? DBNull.Value });
        command.Parameters.Add(new("table", NpgsqlDbType.Bigint) { Value = (object?)scope.Table ?? DBNull.Value });
        command.Parameters.Add(new("method", call.Method));
        command.Parameters.Add(new("unique_only", call.UniqueOnly));
        await using var row = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        var found = new List<BtreeIndex>();
        while (await row.ReadAsync(cancel).ConfigureAwait(false))
        {
            found.Add(new(row.GetInt64(0), row.GetString(1), row.GetInt64(2), row.GetString(3), row.GetInt64(4),
                row.GetBoolean(5), row.GetBoolean(6), row.GetBoolean(7), row.GetBoolean(8)));
        }
        return found;
    }
}
