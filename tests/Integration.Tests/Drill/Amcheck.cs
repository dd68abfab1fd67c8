using HealingWorkers.Drill;
using Npgsql;

namespace HealingWorkers.Integration.Tests.Drill;

/// <summary>What a real server says: null when it is content, else the SQLSTATE.</summary>
internal static class Amcheck
{
    public const string DataCorrupted = "XX001";
    public const string IndexCorrupted = "XX002";

    /// <summary>The check of one B-tree, against its table too.</summary>
    public static Task<string?> IndexAsync(string database, string index) =>
        TryAsync(database, $"SELECT bt_index_check({Quote.Literal(index)}::regclass, true)");

    /// <summary>The check of one B-tree by itself.</summary>
    public static Task<string?> StructureAsync(string database, string index) =>
        TryAsync(database, $"SELECT bt_index_check({Quote.Literal(index)}::regclass)");

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
