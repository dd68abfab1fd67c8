using HealingWorkers.Drill;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Schedule;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Scale;

/// <summary>However long the past, a page reads little of it: judged by the plans that the server carried out, not by a clock.</summary>
[TestFixture, NonParallelizable]
public sealed class PlanTests
{
    private static readonly string[] Large = ["job_runs", "incidents", "audit_log", "attempts", "alerts", "reports_taken", "snapshots", "incident_samples"];
    private readonly ExplainLog _log = new(LongPast.Cluster);

    /// <summary>The chains are walked beside a page, once in some minutes; that is not the page's reading.</summary>
    [OneTimeSetUp]
    public Task WalkChainsAsync() => Poll.UntilAsync(async cancel => await AuditAsync(cancel) is { } page && page.Contains("receipts holds", StringComparison.Ordinal), TimeSpan.FromMinutes(1), "both chains to be walked");

    private static async Task<string> AuditAsync(CancellationToken cancel)
    {
        using var page = await LongPast.Stage.Http.GetAsync("/audit", cancel);
        return await page.Content.ReadAsStringAsync(cancel);
    }

    // What is open is a hundred here, and Home rates the last month; jobs are counted up to one above ten thousand.
    [TestCase("/", 3000)]
    [TestCase("/incidents", 300)]
    [TestCase("/incidents?show=all", 300)]
    [TestCase("/incidents?show=all&before=2000", 300)]
    [TestCase("/incidents?show=all&state=Snapshotting", 300)]
    [TestCase("/incidents?show=all&kind=no_such_kind", 300)]
    [TestCase("/incidents?show=all&kind=orphan_rows&severity=critical", 1000)]
    [TestCase("/incidents?show=all&q=nothing+is+called+so", 300)]
    [TestCase("/incidents?show=all&q=invariant", 300)]
    [TestCase("/incidents?show=all&target=orders&kind=btree_corrupt", 1000)]
    [TestCase("/incidents/1001", 300)]
    [TestCase("/incidents/decide?verb=close&id=7&id=107&id=207", 300)]
    [TestCase("/quarantine", 1000)]
    [TestCase("/quarantine?before=100", 1000)]
    [TestCase("/jobs", 10_300)]
    [TestCase("/jobs?before=20000", 10_300)]
    [TestCase("/jobs?job=db.health_check&state=failed", 300)]
    [TestCase("/jobs?job=db.backup", 300)]
    [TestCase("/jobs?target=movies&state=cancelled", 300)]
    [TestCase("/jobs?target=movies", 10_300)]
    [TestCase("/jobs?worker=host3:48", 600)]
    [TestCase("/jobs?worker=nobody", 300)]
    [TestCase("/jobs?incident=1000", 300)]
    [TestCase("/jobs/1000", 300)]
    [TestCase("/schedules", 300)]
    [TestCase("/workers", 300)]
    [TestCase("/targets", 300)]
    [TestCase("/targets/movies", 300)]
    [TestCase("/audit", 300)]
    [TestCase("/audit?actor=nobody", 300)]
    [TestCase("/audit?event=incident.escalated", 300)]
    [TestCase("/audit?incident=1000", 300)]
    [TestCase("/audit?before=5000", 300)]
    [TestCase("/api/v1/jobs?since={80}&until={79}", 1000)]
    [TestCase("/api/v1/jobs/count?since={80}&until={79}", 2000)]
    [TestCase("/api/v1/audit?since={170}&until={169}", 1000)]
    [TestCase("/api/v1/audit?target=nobody", 300)]
    public async Task A_page_reads_little(string path, int most)
    {
        path = System.Text.RegularExpressions.Regex.Replace(path, @"\{(\d+)\}", m => TimeProvider.System.GetUtcNow().AddDays(-int.Parse(m.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture)).ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture), System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromSeconds(1));
        _log.Begin();
        using var answer = await LongPast.Stage.Http.GetAsync(path);
        var scans = await LargeAsync();
        Assert.Multiple(() =>
        {
            Assert.That((int)answer.StatusCode, Is.EqualTo(200));
            Assert.That(scans.Sum(s => s.Rows), Is.LessThanOrEqualTo(most), string.Join('\n', scans));
        });
    }

    [Test]
    public async Task Metrics_are_counted_from_indexes()
    {
        _log.Begin();
        using var answer = await LongPast.Stage.Http.GetAsync("/metrics");
        Assert.That(await answer.Content.ReadAsStringAsync(), Does.Contain("db_corruption_events_total{"));
        Assert.That((await LargeAsync()).Where(s => s.Table is "audit_log" or "job_runs" && s.How is not "Index Only Scan" && s.Rows > 1000), Is.Empty);
    }

    [Test]
    public async Task What_workers_ask_again_and_again_reads_little()
    {
        _log.Begin();
        var jobs = new JobLedger(LongPast.Stage.Db);
        var past = await jobs.PastAsync("db.health_check:movies", CancellationToken.None);
        await new IncidentLedger(LongPast.Stage.Db).DueAsync(50, CancellationToken.None);
        await new SampleLedger(LongPast.Stage.Db).MomentsDueAsync(["movies"], CancellationToken.None);
        var scans = await LargeAsync();
        Assert.Multiple(() =>
        {
            Assert.That(past.Succeeded, Is.Not.Null);
            Assert.That(scans.Where(s => s.How == "Seq Scan"), Is.Empty);
            Assert.That(scans.Sum(s => s.Rows), Is.LessThanOrEqualTo(300), string.Join('\n', scans));
        });
    }

    /// <summary>The others hold with what is left just as well.</summary>
    [Test]
    public async Task Tidying_goes_by_small_batches_that_indexes_lead_to()
    {
        _log.Begin();
        var gone = await new Retention(LongPast.Stage.Db).RunAsync(TimeSpan.FromDays(60), TimeSpan.FromHours(12), CancellationToken.None);
        var scans = (await LargeAsync()).Where(s => s.Table is not "incidents").ToList();
        Assert.Multiple(() =>
        {
            Assert.That(gone, Is.GreaterThan(LongPast.Runs / 4));
            Assert.That(scans.Where(s => s.How == "Seq Scan"), Is.Empty);
            Assert.That(scans.Max(s => s.Rows / Math.Max(1, s.Loops)), Is.LessThanOrEqualTo(1100), string.Join('\n', scans));
        });
    }

    private async Task<IReadOnlyList<Scan>> LargeAsync() => [.. (await _log.ScansAsync()).Where(s => Large.Contains(s.Table, StringComparer.Ordinal))];
}
