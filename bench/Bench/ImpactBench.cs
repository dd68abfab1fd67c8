using System.Diagnostics;
using System.Globalization;
using HealingWorkers.Drill;

namespace HealingWorkers.Bench;

/// <summary>What a live database loses of its transactions a second while it is checked: by the whole catalogue at its default throttle, and by pg_amcheck.</summary>
internal static class ImpactBench
{
    private const string Database = "live";
    private const double Bound = 5;

    public static async Task RunAsync(int rounds, int seconds, CancellationToken cancel)
    {
        await using var cluster = await PgCluster.StartNewAsync(
            new PgClusterOptions
            {
                Settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["shared_buffers"] = "512MB", ["max_wal_size"] = "4GB", ["maintenance_work_mem"] = "256MB" },
            },
            cancel);
        await cluster.CreateDatabaseAsync(Database, ct: cancel);
        await cluster.ExecuteAsync(Database, "CREATE EXTENSION amcheck; CREATE EXTENSION pg_visibility", ct: cancel);
        await Built.TimeAsync(Pgbench(cluster, "-i", "-s", "30", "--foreign-keys", "-q"), [0], cancel);
        await cluster.ExecuteAsync(Database, "VACUUM (ANALYZE)", ct: cancel);
        var (ours, peer, spread) = (new List<double>(), new List<double>(), new List<double>());
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var load = WorkAsync(cluster, over.Token);
        try
        {
            await TransactionsAsync(cluster, seconds, null, cancel);
            for (var round = 0; round < rounds; round++)
            {
                var before = await TransactionsAsync(cluster, seconds, null, cancel);
                var checkedBy = await TransactionsAsync(cluster, 0, Check(cluster), cancel);
                var between = await TransactionsAsync(cluster, seconds, null, cancel);
                var amchecked = await TransactionsAsync(cluster, seconds, Amcheck(cluster), cancel);
                var after = await TransactionsAsync(cluster, seconds, null, cancel);
                ours.Add(Lost(checkedBy, (before + between) / 2));
                peer.Add(Lost(amchecked, (between + after) / 2));
                spread.Add(Lost(between, (before + after) / 2));
                Console.WriteLine(FormattableString.Invariant(
                    $"round {round + 1}: {before:0} transactions a second alone, {checkedBy:0} while checked, {between:0} alone, {amchecked:0} with pg_amcheck, {after:0} alone; lost {ours[^1]:0.0} %, {peer[^1]:0.0} %, {spread[^1]:0.0} %"));
            }
        }
        finally
        {
            await over.CancelAsync();
            await load;
        }
        Console.WriteLine(Samples.Header("transactions a second lost while checked"));
        Console.WriteLine(new Samples(ours).Row("healing check --impact low, all checks", "%"));
        Console.WriteLine(new Samples(peer).Row("pg_amcheck --heapallindexed -j 1", "%"));
        Console.WriteLine(new Samples(spread).Row("nothing (the spread of the machine)", "%"));
        Console.WriteLine(FormattableString.Invariant($"{rounds} rounds of {seconds} s and of a whole check each; bound {Bound:0} %: {(new Samples(ours).Median <= Bound ? "within" : "FALLS SHORT")}"));
    }

    private static double Lost(double with, double without) => (1 - with / without) * 100;

    /// <summary>Transactions a second with something beside them: as often as goes into the time, and at least once from its beginning to its end.</summary>
    private static async Task<double> TransactionsAsync(PgCluster cluster, int seconds, ProcessStartInfo? beside, CancellationToken cancel)
    {
        var (done, began) = (await DoneAsync(cluster, cancel), Stopwatch.GetTimestamp());
        do
        {
            await (beside is null ? Task.Delay(TimeSpan.FromSeconds(seconds), TimeProvider.System, cancel) : MeasuredRun.OfAsync(beside, [0], cancel));
        }
        while (Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(seconds));
        var time = Stopwatch.GetElapsedTime(began).TotalSeconds;
        return (await DoneAsync(cluster, cancel) - done) / time;
    }

    /// <summary>Each of them writes one row of history, which the statistics know a second later.</summary>
    private static Task<long> DoneAsync(PgCluster cluster, CancellationToken cancel) =>
        cluster.ScalarAsync<long>(Database, "SELECT n_tup_ins FROM pg_stat_user_tables WHERE relname = 'pgbench_history'", ct: cancel);

    private static async Task WorkAsync(PgCluster cluster, CancellationToken over)
    {
        using var process = Process.Start(Pgbench(cluster, "-c", "4", "-j", "2", "-n", "-T", "86400")) ?? throw new InvalidOperationException("cannot start pgbench");
        try
        {
            await process.WaitForExitAsync(over);
            throw new InvalidOperationException("pgbench ended by itself");
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }

    private static ProcessStartInfo Check(PgCluster cluster) => Built.Command("check", "--connection", cluster.ConnectionString(Database), "--impact", "low", "--format", "json");

    private static ProcessStartInfo Amcheck(PgCluster cluster) => Built.Peer("pg_amcheck", [.. Where(cluster), "--heapallindexed", "-j", "1", Database]);

    private static ProcessStartInfo Pgbench(PgCluster cluster, params IEnumerable<string> arguments) => Built.Peer("pgbench", [.. Where(cluster), .. arguments, Database]);

    private static IEnumerable<string> Where(PgCluster cluster) => ["-h", cluster.SocketDirectory, "-p", FormattableString.Invariant($"{cluster.Port}"), "-U", "postgres"];
}
