using System.Globalization;
using HealingWorkers.Drill.Scale;

namespace HealingWorkers.Bench.Scale;

/// <summary>What many open dashboards cost the control database while incidents and runs change all the time, beside one that is open.</summary>
internal static class WatchersBench
{
    private const string Changing = "/* what changes meanwhile */";
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(0.5);
    private static readonly (string Path, string Topics)[] Menu =
    [
        ("/", "incidents jobs fleet"), ("/incidents", "incidents"), ("/quarantine", "incidents"), ("/jobs", "jobs"), ("/schedules", "jobs incidents"),
        ("/workers", "fleet jobs beat"), ("/targets", "incidents jobs"), ("/audit", "incidents"),
    ];

    public static async Task RunAsync(int watchers, int seconds, CancellationToken cancel)
    {
        const int incidents = 5000;
        await using var dashboard = await FilledDashboard.OpenAsync(100_000, incidents, cancel);
        Console.WriteLine($"{"watchers",-44} {"queries/s",10} {"fetches/s",10} {"later",7} {"p95 ms",8} {"max ms",8} {"MiB",6}");
        foreach (var many in (int[])[0, 1, watchers])
        {
            // half of them on the pages of the menu, each of the others on an incident of its own, which nobody shares
            var open = Enumerable.Range(0, many).Select(n => n % 2 == 0
                ? new Watcher(dashboard.Http, Menu[n / 2 % Menu.Length].Path, Menu[n / 2 % Menu.Length].Topics)
                : new Watcher(dashboard.Http, $"/incidents/{1 + n}", "incidents")).ToList();
            await MeasureAsync(dashboard, open, seconds, cancel);
        }
    }

    private static async Task MeasureAsync(FilledDashboard dashboard, List<Watcher> open, int seconds, CancellationToken cancel)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var listening = Task.WhenAll(open.Select(w => w.RunAsync(over.Token)));
        await Task.Delay(TimeSpan.FromSeconds(10), TimeProvider.System, cancel); // each has fetched itself once
        var (before, fetched) = (await StatementsAsync(dashboard, cancel), open.Sum(w => w.Answers.Count));
        var watch = System.Diagnostics.Stopwatch.StartNew();
        while (watch.Elapsed.TotalSeconds < seconds)
        {
            await ChangeAsync(dashboard, cancel);
            await Task.Delay(Pause, TimeProvider.System, cancel);
        }
        var statements = await StatementsAsync(dashboard, cancel) - before;
        var took = watch.Elapsed.TotalSeconds;
        await over.CancelAsync();
        await listening;
        var answers = new Samples([0, .. open.SelectMany(w => w.Answers)]);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{open.Count,-44} {statements / took,10:0.0} {(open.Sum(w => w.Answers.Count) - fetched) / took,10:0.0} {open.Sum(w => w.Later),7} {answers.Percentile(95),8:0.0} {answers.Most,8:0.0} {dashboard.Memory(),6:0}"));
    }

    /// <summary>An incident that moves and a run that ends, as the ledger tells of them.</summary>
    private static Task ChangeAsync(FilledDashboard dashboard, CancellationToken cancel) => dashboard.Cluster.ExecuteAsync(FilledDashboard.Ledger, $"""
        {Changing} INSERT INTO healing.audit_log (event_type, severity, message, actor, target_id, incident_id) SELECT 'incident.changed', 'info', 'it moved', 'bench', 1, 1 + (random() * 1000)::int;
        {Changing} INSERT INTO healing.job_runs (key, job, target, state, requested_by, started_at, ended_at, worker) VALUES (gen_random_uuid()::text, 'db.health_check', 'movies', 'succeeded', 'bench', now(), now(), 'host1:1/1')
        """, ct: cancel);

    private static Task<long> StatementsAsync(FilledDashboard dashboard, CancellationToken cancel) => dashboard.AskAsync<long>($"""
        SELECT sum(calls)::bigint FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid
        WHERE d.datname = '{FilledDashboard.Ledger}' AND s.query NOT LIKE '%{Changing}%' AND s.query NOT LIKE '%pg_stat_statements%'
        """, cancel);
}
