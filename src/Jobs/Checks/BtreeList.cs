using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Targets;
using Npgsql;
using NpgsqlTypes;

namespace HealingWorkers.Jobs.Checks;

/// <summary>Which indexes a function of amcheck can verify, and why none can be.</summary>
internal static class BtreeList
{
    /// <summary>Null when the check can run.</summary>
    public static async Task<string?> WhyNotAsync(NpgsqlConnection connection, TargetFacts facts, AmcheckCall call, CancellationToken cancel)
    {
        if (facts.SchemaOf("amcheck") is not { } schema)
        {
            return $"the extension amcheck is not installed in {facts.Database}: run `healing grant`, or CREATE EXTENSION amcheck";
        }
        await using var command = new NpgsqlCommand(Sql.Of<ICheck>("btree_right"), connection) 
        {
            Parameters = { new("schema", schema), new("function", call.Function), new("arguments", call.Arguments) },
        };
        return await command.ExecuteScalarAsync(cancel).ConfigureAwait(false) switch
        {
            true => null,
            false => Ungranted(facts, schema, call),
            _ => $"the amcheck that is installed in {facts.Database} has no {call.Signature}: ALTER EXTENSION amcheck UPDATE",
        };
    }

    public static string Ungranted(TargetFacts facts, string schema, AmcheckCall call) =>
        $"the role {facts.Role} may not run {call.Function}: GRANT healing_detect TO {facts.Role}, or GRANT USAGE ON SCHEMA {schema} TO {facts.Role}; GRANT EXECUTE ON FUNCTION {schema}.{call.Signature} TO {facts.Role}";

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
