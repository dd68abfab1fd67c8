using Dapper;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>Reads what a target's quarantine holds of the incidents of one ledger.</summary>
public static class QuarantineStore
{
    static QuarantineStore() => System.Runtime.CompilerServices.RuntimeHelpers.RunClassConstructor(typeof(Ledger.LedgerDb).TypeHandle);

    /// <summary>Empty where no repair of the incident kept a row.</summary>
    /// <param name="opened">When the incident was opened: what another one of that number took is not its own. Null for whatever bears the number.</param>
    public static async Task<IReadOnlyList<KeptBatch>> BatchesAsync(NpgsqlConnection connection, string ledger, long incident, CancellationToken cancel, DateTimeOffset? opened = null) =>
        await QuarantineSchema.IsThereAsync(connection, cancel).ConfigureAwait(false)
            ? (await connection.QueryAsync<KeptBatch>(Command("kept_batches", new { ledger, incident, opened = opened?.ToUniversalTime() }, cancel)).ConfigureAwait(false)).AsList() : [];

    public static async Task<IReadOnlyList<KeptPart>> PartsAsync(NpgsqlConnection connection, long batch, CancellationToken cancel) =>
        (await connection.QueryAsync<KeptPart>(Command("kept_parts", new { batch }, cancel)).ConfigureAwait(false)).AsList();

    /// <summary>What of a batch is no longer as it was kept; null when every value still is.</summary>
    public static async Task<string?> ChangedAsync(NpgsqlConnection connection, KeptBatch batch, CancellationToken cancel)
    {
        foreach (var part in await PartsAsync(connection, batch.Id, cancel).ConfigureAwait(false))
        {
            if (await connection.ExecuteScalarAsync<string>(Command("kept_hash", new { batch = batch.Id, part = part.Part }, cancel)).ConfigureAwait(false) != part.Sha256)
            {
                return FormattableString.Invariant($"part {part.Part} of batch {batch.Id} ({part.SchemaName}.{part.TableName}) is not what was kept");
            }
        }
        return await connection.ExecuteScalarAsync<string?>(Command("kept_batch_hash", new { batch = batch.Id }, cancel)).ConfigureAwait(false) == batch.Sha256 ? null
            : FormattableString.Invariant($"batch {batch.Id} has not the parts that were kept");
    }

    internal static Task UndoneAsync(NpgsqlConnection connection, IEnumerable<KeptBatch> batches, string actor, CancellationToken cancel) =>
        connection.ExecuteAsync(Command("kept_undone", new { batches = batches.Select(b => b.Id).ToArray(), actor }, cancel));

    internal static Task ReplacedAsync(NpgsqlConnection connection, IEnumerable<KeptBatch> batches, long by, CancellationToken cancel) =>
        connection.ExecuteAsync(Command("kept_replaced", new { batches = batches.Select(b => b.Id).ToArray(), by }, cancel));

    private static CommandDefinition Command(string query, object args, CancellationToken cancel) =>
        new(Sql.Of<QuarantineTable>(query), args, commandTimeout: 0, cancellationToken: cancel);
}
