using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Drill;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Dashboard;

[TestFixture, NonParallelizable]
public sealed partial class PrometheusTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [Test]
    public async Task A_real_Prometheus_scrapes_a_real_process()
    {
        if (!File.Exists("/usr/bin/prometheus"))
            Assert.Ignore("There is no Prometheus here (Debian's package prometheus).");
        var ledger = await SeededAsync();
        await using var up = HealingProcess.Start(
            new Dictionary<string, string?>(StringComparer.Ordinal) { ["HEALING__CONTROL__CONNECTION"] = ledger }, "up", "--set", "http.listen=127.0.0.1:0", "--set", "worker.count=1");
        var line = await up.WaitForLineAsync(l => l.Contains("is the dashboard", StringComparison.Ordinal), Limit);
        var api = new Uri(line.Split(' ')[0]);
        using var http = new HttpClient();
        var directory = Directory.CreateTempSubdirectory("healing-prometheus");
        try
        {
            var page = Path.Combine(directory.FullName, "metrics.txt");
            await File.WriteAllTextAsync(page, await http.GetStringAsync(new Uri(api, "/metrics")));
            await using var lint = ChildProcess.Start("/bin/sh", ["-c", "promtool check metrics < \"$1\"", "sh", page]);
            Assert.That(await lint.WaitForExitAsync(Limit), Is.Zero, string.Join('\n', lint.All));
            Assert.That(lint.All, Is.Empty);

            var port = FreePort.Pick();
            var config = Path.Combine(directory.FullName, "prometheus.yml");
            await File.WriteAllTextAsync(config, $"scrape_configs: [{{job_name: healing, scrape_interval: 3s, static_configs: [{{targets: ['{api.Authority}']}}]}}]");
            await using var prometheus = ChildProcess.Start("/usr/bin/prometheus",
                [$"--config.file={config}", $"--storage.tsdb.path={Path.Combine(directory.FullName, "data")}", $"--web.listen-address=127.0.0.1:{port}"]);
            var query = new Uri($"http://127.0.0.1:{port}/api/v1/query");
            // all in one scrape that came in time
            await Poll.UntilAsync(async _ => await TryQueryAsync(http, query, "up{job=\"healing\"}") == 1 && await TryQueryAsync(http, query, "healing_ledger_up") == 1, Limit, "a scrape");

            Assert.That(await TryQueryAsync(http, query, "db_corruption_events_total{target=\"movies\",kind=\"btree_corrupt\",severity=\"critical\"}"), Is.EqualTo(2));
            Assert.That(await TryQueryAsync(http, query, "db_repair_attempts_total{outcome=\"succeeded\"}"), Is.EqualTo(1));
            Assert.That(await TryQueryAsync(http, query, "db_repair_success_rate{target=\"movies\"}"), Is.EqualTo(0.5));
            Assert.That(await TryQueryAsync(http, query, "sum(healing_incidents_open{kind=\"btree_corrupt\"})"), Is.EqualTo(1));
            Assert.That(await TryQueryAsync(http, query, "histogram_quantile(0.5, db_health_check_duration_seconds_bucket)"), Is.GreaterThan(0.05).And.LessThanOrEqualTo(0.1));
            Assert.That(await TryQueryAsync(http, query, "time() - healing_check_last_success_seconds{check=\"btree\"}"), Is.GreaterThan(-1).And.LessThan(60));
            Assert.That(await TryQueryAsync(http, query, "healing_ledger_up"), Is.EqualTo(1));
        }
        finally
        {
            up.Send(Signal.Terminate);
            await up.WaitForExitAsync(Limit);
            directory.Delete(recursive: true);
        }
    }

    [Test]
    public async Task The_names_and_labels_of_the_page_are_those_of_the_contract()
    {
        await using var stage = await Stage.OpenAsync(await SeededAsync());
        Jobs.Telemetry.JobSignals.Started("db.health_check");
        Jobs.Telemetry.JobSignals.Ended("db.health_check", "movies", "succeeded", TimeSpan.FromSeconds(1));
        var answer = await stage.Http.GetAsync("/metrics");
        Assert.That(answer.Content.Headers.ContentType!.ToString(), Is.EqualTo("text/plain; version=0.0.4; charset=utf-8"));
        var names = (await answer.Content.ReadAsStringAsync()).Split('\n').Where(l => l.Length > 0 && l[0] != '#')
            // Other tests of this process may have run health checks, whose observations stay.
            .Where(l => !l.StartsWith("healing_observation", StringComparison.Ordinal))
            .Select(l => Value().Replace(l[..l.LastIndexOf(' ')], "")).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
        Assert.That(names, Is.EqualTo(new[]
        {
            "db_corruption_events_total{target,kind,severity}",
            "db_health_check_duration_seconds_bucket{target,le}",
            "db_health_check_duration_seconds_count{target}",
            "db_health_check_duration_seconds_sum{target}",
            "db_repair_attempts_total{target,kind,outcome}",
            "db_repair_success_rate{target}",
            "healing_approvals_wanted{target}",
            "healing_check_last_success_seconds{target,check}",
            "healing_incidents_escalated{target,kind,severity}",
            "healing_incidents_open{target,kind,severity}",
            "healing_job_active{kind}",
            "healing_job_duration_seconds_bucket{kind,target,outcome,le}",
            "healing_job_duration_seconds_count{kind,target,outcome}",
            "healing_job_duration_seconds_sum{kind,target,outcome}",
            "healing_ledger_up",
            "healing_workers_alive",
        }));
    }

    private static async Task<string> SeededAsync()
    {
        var ledger = await DashCluster.LedgerAsync();
        await using var db = new LedgerDb(ledger);
        var story = new Story(db);
        await story.HealAsync(await story.DamageAsync("healed"));
        await story.EscalateAsync(await story.DamageAsync("given_up"));
        await story.DamageAsync("server", FindingKind.TargetUnreachable);
        await new Histograms(db).AddAsync("db.health_check.duration", new JsonObject { ["target"] = "movies" }, TimeSpan.FromSeconds(0.06), CancellationToken.None);
        return ledger;
    }

    private static async Task<double?> TryQueryAsync(HttpClient http, Uri api, string query)
    {
        try
        {
            var answer = JsonNode.Parse(await http.GetStringAsync(new Uri(api, "?query=" + Uri.EscapeDataString(query))));
            return answer?["data"]?["result"]?.AsArray().SingleOrDefault() is { } one ? double.Parse(one["value"]![1]!.ToString(), CultureInfo.InvariantCulture) : null;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    [GeneratedRegex("=\"[^\"]*\"", RegexOptions.None, 1000)]
    private static partial Regex Value();
}
