using HealingWorkers.TestKit;
using Npgsql;

namespace HealingWorkers.Integration.Tests.TestKit;

/// <summary>What amcheck says of an index: null when it is content, else the SQLSTATE.</summary>
internal static class Amcheck
{
    public static Task<string?> IndexAsync(string database, string index, bool heapAllIndexed = true) =>
        TryAsync(database, $"SELECT bt_index_check({Quote.Literal(index)}::regclass, {(heapAllIndexed ? "true" : "false")})");

    public static async Task<string?> TryAsync(string database, string sql)
    {
        try
        {
            await KitCluster.Cluster.ExecuteAsync(database, sql);
            return null;
        }
        catch (PostgresException e)
        {
            return e.SqlState;
        }
    }
}
