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
        await TransactionsAsync(cluster, seconds, null, cancel);
        for (var round = 0; round < rounds; round++)
        {
            var before = await TransactionsAsync(cluster, seconds, null, cancel);
            var checkedBy = await TransactionsAsync(cluster, seconds, Check(cluster), cancel);
            var between = await TransactionsAsync(cluster, seconds, null, cancel);
            var amchecked = await TransactionsAsync(cluster, seconds, Amcheck(cluster), cancel);
            var after = await TransactionsAsync(cluster, seconds, null, cancel);
            ours.Add(Lost(checkedBy, (before + between) / 2));
            peer.Add(Lost(amchecked, (between + after) / 2));
            spread.Add(Lost(between, (before + after) / 2));
        }
        Console.WriteLine(Samples.Header("transactions a second lost while checked"));
        Console.WriteLine(new Samples(ours).Row("healing check --impact low, all checks", "%"));
        Console.WriteLine(new Samples(peer).Row("pg_amcheck --heapallindexed -j 1", "%"));
        Console.WriteLine(new Samples(spread).Row("nothing (the spread of the machine)", "%"));
        Console.WriteLine(FormattableString.Invariant($"{rounds} rounds of {seconds} s each; bound {Bound:0} %: {(new Samples(ours).Median <= Bound ? "within" : "FALLS SHORT")}"));
    }

    private static double Lost(double with, double without) => (1 - with / without) * 100;

    /// <summary>Transactions a second over the time, with something beside it from the first to the last second.</summary>
    private static async Task<double> TransactionsAsync(PgCluster cluster, int seconds, ProcessStartInfo? beside, CancellationToken cancel)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var load = MeasuredRun.OfAsync(
            Pgbench(cluster, "-c", "4", "-j", "2", "-n", "-T", seconds.ToString(CultureInfo.InvariantCulture)), [0], cancel);
        var company = beside is null ? Task.CompletedTask : AgainAndAgainAsync(beside, over.Token);
        var text = (await load).Output;
        await over.CancelAsync();
        await company;
        var line = text.Split('\n').First(l => l.StartsWith("tps = ", StringComparison.Ordinal));
        return double.Parse(line.Split(' ')[2], CultureInfo.InvariantCulture);
    }

    private static async Task AgainAndAgainAsync(ProcessStartInfo start, CancellationToken over)
    {
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        while (!over.IsCancellationRequested)
        {
            using var process = Process.Start(start) ?? throw new InvalidOperationException($"cannot start {start.FileName}");
            var read = Task.WhenAll(process.StandardOutput.ReadToEndAsync(CancellationToken.None), process.StandardError.ReadToEndAsync(CancellationToken.None));
            try
            {
                await process.WaitForExitAsync(over);
                if (process.ExitCode != 0)
                {
                    throw new InvalidOperationException(string.Concat(await read));
                }
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                await process.WaitForExitAsync(CancellationToken.None);
            }
        }
    }

    private static ProcessStartInfo Check(PgCluster cluster) => Built.Command("check", "--connection", cluster.ConnectionString(Database), "--impact", "low", "--format", "json");

    private static ProcessStartInfo Amcheck(PgCluster cluster) => Built.Peer("pg_amcheck", [.. Where(cluster), "--heapallindexed", "-j", "1", Database]);

    private static ProcessStartInfo Pgbench(PgCluster cluster, params IEnumerable<string> arguments) => Built.Peer("pgbench", [.. Where(cluster), .. arguments, Database]);

    private static IEnumerable<string> Where(PgCluster cluster) => ["-h", cluster.SocketDirectory, "-p", FormattableString.Invariant($"{cluster.Port}"), "-U", "postgres"];
}
