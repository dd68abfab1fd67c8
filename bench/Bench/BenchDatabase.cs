using System.Globalization;
using HealingWorkers.Drill;

namespace HealingWorkers.Bench;

/// <summary>A cluster with a database large enough to measure on: tables of one shape, three B-trees each.</summary>
internal static class BenchDatabase
{
    public const string Name = "bench";

    public static async Task<PgCluster> StartAsync(int tables, int rows, CancellationToken cancel)
    {
        var cluster = await PgCluster.StartNewAsync(
            new PgClusterOptions
            {
                Settings = new Dictionary<string, string>(StringComparer.Ordinal)
                {
                    ["shared_buffers"] = "512MB",
                    ["max_wal_size"] = "4GB",
                    ["maintenance_work_mem"] = "256MB",
                    ["autovacuum"] = "off",
                },
            },
            cancel);
        await cluster.CreateDatabaseAsync(Name, ct: cancel);
        await cluster.ExecuteAsync(Name, "CREATE EXTENSION amcheck", ct: cancel);
        for (var table = 1; table <= tables; table++)
        {
            await cluster.ExecuteAsync(Name, Schema(table, rows), ct: cancel);
        }
        await cluster.ExecuteAsync(Name, "VACUUM (ANALYZE)", ct: cancel);
        await cluster.ExecuteAsync(Name, "CHECKPOINT", ct: cancel);
        var bytes = await cluster.ScalarAsync<long>(Name, "SELECT pg_database_size(current_database())", ct: cancel);
        Console.WriteLine(FormattableString.Invariant($"database: {tables} tables of {rows} rows, {bytes / 1048576.0:0} MiB"));
        return cluster;
    }

    private static string Schema(int table, int rows)
    {
        using var stream = typeof(BenchDatabase).Assembly.GetManifestResourceStream(typeof(BenchDatabase), "BenchTable.sql")
            ?? throw new InvalidOperationException("BenchTable.sql is not embedded");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd()
            .Replace(":table", table.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace(":rows", rows.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
    }
}
