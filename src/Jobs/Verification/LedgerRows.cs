using System.Text.Json.Nodes;
using Dapper;
using HealingWorkers.Jobs.Ledger;
using Npgsql;

namespace HealingWorkers.Jobs.Verification;

/// <summary>Everything that the ledger holds of an incident, row by row.</summary>
public static class LedgerRows
{
    public static async Task<JsonObject> OfAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, long incident, CancellationToken cancel)
    {
        await connection.ExecuteAsync(new CommandDefinition("SET LOCAL TIME ZONE 'UTC'", transaction: transaction, cancellationToken: cancel)).ConfigureAwait(false);
        var json = await connection.ExecuteScalarAsync<string?>(new CommandDefinition(
            Sql.Of<ReceiptBody>("rows_incident"), new { Id = incident }, transaction, cancellationToken: cancel)).ConfigureAwait(false);
        return json is null ? [] : (JsonObject)JsonNode.Parse(json)!;
    }
}
