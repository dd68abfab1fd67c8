using System.Diagnostics;
using System.Globalization;
using HealingWorkers.Drill;
using HealingWorkers.Jobs.Ledger;

namespace HealingWorkers.Bench.Scale;

/// <summary>Half of a long history falls due at once: how long the tidying takes, and how long anybody who works meanwhile waits.</summary>
internal static class TidyBench
{
    private static readonly TimeSpan History = TimeSpan.FromDays(45);

    public static async Task RunAsync(int runs, int incidents, CancellationToken cancel)
    {
        await using var dashboard = await FilledDashboard.OpenAsync(runs, incidents, cancel);
        await using var db = new LedgerDb(dashboard.Cluster.ConnectionString(FilledDashboard.Ledger));
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var working = WorkAsync(dashboard.Cluster, over.Token);
        var (round, gone) = (1, 0);
        do
        {
            var watch = Stopwatch.StartNew();
            gone = await new Retention(db).RunAsync(History, TimeSpan.FromHours(6), cancel);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"round {round++}: {gone} rows in {watch.Elapsed.TotalSeconds:0.0} s"));
        }
        while (gone > 0);
        await over.CancelAsync();
        var waits = new Samples(await working);
        Console.WriteLine(Samples.Header("a run asked for, begun and ended meanwhile"));
        Console.WriteLine(waits.Row("all three together", "ms"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"p95 {waits.Percentile(95):0.0} ms of {waits.Count}"));
    }

    private static async Task<IReadOnlyList<double>> WorkAsync(PgCluster cluster, CancellationToken over)
    {
        var took = new List<double> { 0 };
        try
        {
            await using var session = await cluster.OpenAsync(FilledDashboard.Ledger, over);
            while (true)
            {
                var watch = Stopwatch.StartNew();
                foreach (var sql in (string[])[
                    "INSERT INTO healing.job_runs (key, job, target, requested_by) VALUES ('bench', 'db.health_check', 'movies', 'bench')",
                    "UPDATE healing.job_runs SET state = 'running', started_at = clock_timestamp(), worker = 'host1:1/1' WHERE key = 'bench' AND state = 'pending'",
                    "UPDATE healing.job_runs SET state = 'succeeded', ended_at = clock_timestamp() WHERE key = 'bench' AND state = 'running'"])
                {
                    await using var command = session.CreateCommand();
                    command.CommandText = sql;
                    await command.ExecuteNonQueryAsync(over);
                }
                took.Add(watch.Elapsed.TotalMilliseconds);
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, over);
            }
        }
        catch (Exception e) when (over.IsCancellationRequested && e is OperationCanceledException or Npgsql.NpgsqlException)
        {
            return took;
        }
    }
}
