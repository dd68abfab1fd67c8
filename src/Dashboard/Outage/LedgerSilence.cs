using HealingWorkers.Jobs.Ledger;
using Npgsql;

namespace HealingWorkers.Dashboard.Outage;

internal static class LedgerSilence
{
    /// <summary>The control database is away, or so slow that it comes to the same; not that it was asked something it cannot answer.</summary>
    public static bool Is(Exception e) => e is PostgresException said ? LedgerOutage.Is(said) : e is NpgsqlException or TimeoutException or OperationCanceledException;
}
