using HealingWorkers.Drill;

namespace HealingWorkers.Bench;

/// <summary>`healing check --checks btree --jobs 2` beside `pg_amcheck --heapallindexed -j 2` on the B-trees alone.</summary>
internal static class CheckBench
{
    public static async Task RunAsync(int rounds, int tables, int rows, CancellationToken cancel)
    {
        await using var cluster = await BenchDatabase.StartAsync(tables, rows, cancel);
        var target = cluster.ConnectionString(BenchDatabase.Name);
        await new Comparison(
            "healing check --checks btree --jobs 2",
            c => Built.TimeAsync(Built.Command("check", "--connection", target, "--checks", "btree", "--jobs", "2", "--format", "json"), [0], c),
            "pg_amcheck --heapallindexed -j 2 -i '*.*'",
            c => Built.TimeAsync(PgAmcheck(cluster), [0], c),
            1.05).RunAsync("B-trees against their tables", rounds, cancel);
    }

    private static System.Diagnostics.ProcessStartInfo PgAmcheck(PgCluster cluster) => Built.Peer(
        "pg_amcheck", "-h", cluster.SocketDirectory, "-p", FormattableString.Invariant($"{cluster.Port}"), "-U", "postgres",
        "-d", BenchDatabase.Name, "--heapallindexed", "-j", "2", "-i", "*.*");
}
