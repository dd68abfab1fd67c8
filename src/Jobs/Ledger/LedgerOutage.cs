using System.Net.Sockets;
using HealingWorkers.Jobs.Errors;
using Npgsql;

namespace HealingWorkers.Jobs.Ledger;

/// <summary>Whether what went wrong is that the control database is away, or so slow or full that it comes to the same; not that it was asked something wrong.</summary>
public static class LedgerOutage
{
    public static bool Is(Exception e) => e switch
    {
        PostgresException said => said.IsTransient || said.SqlState.StartsWith("57", StringComparison.Ordinal)
            || said.SqlState is SqlState.IdleInTransaction or SqlState.ReadOnlySqlTransaction or SqlState.InvalidCatalogName
                or SqlState.InvalidPassword or SqlState.InvalidAuthorization,
        NpgsqlException or TimeoutException or SocketException or IOException or Polly.Timeout.TimeoutRejectedException => true,
        _ => false,
    };
}
