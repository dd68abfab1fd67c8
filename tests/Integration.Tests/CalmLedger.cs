using HealingWorkers.Jobs.Ledger;

namespace HealingWorkers.Integration.Tests;

/// <summary>A ledger on a machine that may stand still: what the server would end there, it waits for.</summary>
internal static class CalmLedger
{
    public static LedgerDb At(string connection) => new(connection + ";Timeout=120;Options=-c idle_in_transaction_session_timeout=5min");
}
