using System.Diagnostics;
using HealingWorkers.Drill;

namespace HealingWorkers.Bench;

/// <summary>From a finding to Resolved, by the ledger's clock, beside the bare cure: REINDEX INDEX CONCURRENTLY and bt_index_check.</summary>
internal static class HealBench
{
    private const string Index = "public.movies_1_title";

    public static async Task RunAsync(int rounds, int rows, CancellationToken cancel)
    {
        await using var cluster = await BenchDatabase.StartAsync(1, rows, cancel);
        await cluster.CreateDatabaseAsync("control", ct: cancel);
        var state = Directory.CreateTempSubdirectory("healing-bench-");
        try
        {
            await new Comparison(
                "finding to Resolved (snapshot, rebuild, proof)",
                c => HealAsync(cluster, state.FullName, c),
                "REINDEX INDEX CONCURRENTLY + bt_index_check",
                c => BareAsync(cluster, c),
                1.25).RunAsync("one damaged index", rounds, cancel);
        }
        finally
        {
            state.Delete(recursive: true);
        }
    }

    private static async Task<double> HealAsync(PgCluster cluster, string state, CancellationToken cancel)
    {
        await new Damage(cluster, BenchDatabase.Name).Index.ZeroLeafAsync(Index, ct: cancel);
        var command = Built.Command(
            "heal", "--connection", cluster.ConnectionString(BenchDatabase.Name), "--data-directory", cluster.DataDirectory, "--format", "json");
        command.Environment["HEALING__CONTROL__CONNECTION"] = cluster.ConnectionString("control");
        command.Environment["HEALING__STATE_DIRECTORY"] = state;
        await Built.TimeAsync(command, [0], cancel);
        // every round heals the same index, which the product would rightly take for failing hardware
        var seconds = await cluster.ScalarAsync<double>(
            "control", "SELECT extract(epoch FROM closed_at - opened_at)::float8 FROM healing.incidents WHERE state = 'Resolved' ORDER BY id DESC LIMIT 1", ct: cancel);
        await cluster.ExecuteAsync("control", "UPDATE healing.incidents SET opened_at = opened_at - interval '60 days', fingerprint = fingerprint || '.' || id", ct: cancel);
        return seconds;
    }

    private static async Task<double> BareAsync(PgCluster cluster, CancellationToken cancel)
    {
        await new Damage(cluster, BenchDatabase.Name).Index.ZeroLeafAsync(Index, ct: cancel);
        var watch = Stopwatch.StartNew();
        await cluster.ExecuteAsync(BenchDatabase.Name, $"REINDEX INDEX CONCURRENTLY {Index}", ct: cancel);
        await cluster.ExecuteAsync(BenchDatabase.Name, $"SELECT bt_index_check('{Index}', true)", ct: cancel);
        return watch.Elapsed.TotalSeconds;
    }
}
