using Dapper;
using HealingWorkers.Jobs.Ledger;

namespace HealingWorkers.Integration.Tests;

/// <summary>A ledger on a machine that may stand still: what the server would end there, it waits for.</summary>
internal static class CalmLedger
{
    public static LedgerDb At(string connection) => new(connection + ";Timeout=120;Options=-c idle_in_transaction_session_timeout=5min");

    /// <summary>Whoever held a lease is dead, and nobody waits for the end of it.</summary>
    public static async Task LapseAsync(this LedgerDb ledger)
    {
        await using var connection = await ledger.Source.OpenConnectionAsync();
        await connection.ExecuteAsync("UPDATE healing.leases SET expires_at = clock_timestamp() WHERE holder IS NOT NULL");
    }
}
