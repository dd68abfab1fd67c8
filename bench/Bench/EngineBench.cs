using System.Globalization;
using System.Text.Json;
using HealingWorkers.Drill;

namespace HealingWorkers.Bench;

/// <summary>From a request in one process to its start in another, by the ledger's clock.</summary>
internal static class EngineBench
{
    public static async Task RunAsync(int requests, CancellationToken cancel)
    {
        await using var cluster = await PgCluster.StartNewAsync(ct: cancel);
        await cluster.CreateDatabaseAsync("control", ct: cancel);
        var connection = $"connection={cluster.ConnectionString("control")}";
        using var worker = Built.Start(Built.EngineHost, ["work", connection]);
        var drained = worker.StandardOutput.ReadToEndAsync(cancel);
        try
        {
            await Poll.UntilAsync(async c => await HasWorkerAsync(cluster, c), TimeSpan.FromSeconds(60), "the worker is there", cancel);
            using var asking = Built.Start(Built.EngineHost, ["latency", connection, string.Create(CultureInfo.InvariantCulture, $"count={requests}")]);
            using var figures = JsonDocument.Parse(await asking.StandardOutput.ReadToEndAsync(cancel));
            var p99 = figures.RootElement.GetProperty("p99_ms").GetDouble();
            Console.WriteLine(figures.RootElement.GetRawText());
            Console.WriteLine(FormattableString.Invariant($"bound: p99 under 500 ms: {(p99 < 500 ? "within" : "FALLS SHORT")}"));
        }
        finally
        {
            worker.Kill(entireProcessTree: true);
            await drained;
        }
    }

    private static async Task<bool> HasWorkerAsync(PgCluster cluster, CancellationToken cancel) =>
        await cluster.ScalarAsync<bool>("control", "SELECT to_regclass('healing.workers') IS NOT NULL", ct: cancel)
        && await cluster.ScalarAsync<long>("control", "SELECT count(*) FROM healing.workers", ct: cancel) > 0;
}
