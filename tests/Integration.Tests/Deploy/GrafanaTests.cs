using System.Text.Json.Nodes;
using HealingWorkers.Drill;
using HealingWorkers.Integration.Tests.Dashboard;
using HealingWorkers.Jobs.Options;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Deploy;

/// <summary>Every query of the dashboard, asked of a real Prometheus that scrapes a real page and has our rules.</summary>
[TestFixture, NonParallelizable]
internal sealed class GrafanaTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(40);

    // Filled by features that are not there, by what only a worker's own page has, and by alerts that need not fire.
    private static readonly string[] MayBeEmpty = ["checksums", "backup", "healing_job_", "healing_observation", "ALERTS", "healing_alerts_waiting"];

    [Test]
    public async Task Every_query_of_the_dashboard_is_answered()
    {
        Monitoring.Require("/usr/bin/prometheus", "prometheus");
        var dashboard = JsonNode.Parse(await File.ReadAllTextAsync(Clone.File("deploy/grafana/dashboards/healing.json")))!;
        var queries = dashboard["panels"]!.AsArray().SelectMany(p => p!["targets"]?.AsArray() ?? []).Select(t => t!["expr"]!.ToString())
            .Concat(dashboard["annotations"]!["list"]!.AsArray().Select(a => a!["expr"]!.ToString())).ToList();
        Assert.That(queries, Has.Count.GreaterThan(20));
        Assert.That(queries.SelectMany(Monitoring.Strangers), Is.Empty, "docs/metrics.md does not know them");
        var panels = dashboard["panels"]!.AsArray();
        Assert.That(panels.Select(p => (int)p!["id"]!).Distinct().Count(), Is.EqualTo(panels.Count));
        var sources = panels.Select(p => p!["datasource"]?["uid"]?.ToString()).OfType<string>().Distinct(StringComparer.Ordinal);
        Assert.That(sources, Is.EqualTo(new[] { "healing" }));
        Assert.That(await File.ReadAllTextAsync(Clone.File("deploy/grafana/provisioning/datasources/prometheus.yml")), Does.Contain("uid: healing"));

        await using var ledger = await Ledger.FreshLedger.CreateAsync();
        var story = new Story(ledger.Db);
        await story.HealAsync(await story.DamageAsync("healed"));
        await story.EscalateAsync(await story.DamageAsync("given_up"));
        await ledger.ExecuteAsync("INSERT INTO healing.check_runs (target_id, check_name, status, seconds, last_success_at) SELECT id, 'foreign_keys', 'clean', 1, now() FROM healing.targets; INSERT INTO healing.quarantines (target_id, rows) SELECT id, 3 FROM healing.targets");
        var histograms = new Jobs.Ledger.Histograms(ledger.Db);
        await using var stage = await Stage.OpenAsync(ledger.ConnectionString, o => o.Targets.Add(new TargetOptions { Name = "movies", Connection = "Host=127.0.0.1;Port=1" }));
        var directory = Directory.CreateTempSubdirectory("healing-grafana");
        var port = FreePort.Pick();
        var config = Path.Combine(directory.FullName, "prometheus.yml");
        await File.WriteAllTextAsync(config, $$"""
            global: { scrape_interval: 2s, evaluation_interval: 1s }
            rule_files: [{{Clone.File("deploy/prometheus/rules/healing.yml")}}]
            scrape_configs: [{job_name: healing, static_configs: [{targets: ['{{stage.Http.BaseAddress!.Authority}}']}]}]
            """);
        await using var prometheus = ChildProcess.Start("/usr/bin/prometheus", [$"--config.file={config}", $"--storage.tsdb.path={directory.FullName}/data", $"--web.listen-address=127.0.0.1:{port}"]);
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        async Task<JsonNode?> AskAsync(string query)
        {
            try
            {
                var answer = await http.GetAsync("/api/v1/query?query=" + Uri.EscapeDataString(query));
                // it is still starting
                return answer.StatusCode == System.Net.HttpStatusCode.ServiceUnavailable ? null : JsonNode.Parse(await answer.Content.ReadAsStringAsync());
            }
            catch (HttpRequestException)
            {
                return null;
            }
        }

        // A rate needs observations that rise while somebody looks.
        await Poll.UntilAsync(async _ =>
        {
            await histograms.AddAsync("db.health_check.duration", new JsonObject { ["target"] = "movies" }, TimeSpan.FromSeconds(0.06), CancellationToken.None);
            return (await AskAsync("target:db_health_check_duration_seconds:p95 and on (target) target:db_repair_attempts:increase1h and on (target) ALERTS{alertname=\"HealingIncidentEscalated\"}"))?["data"]?["result"]?.AsArray().Count > 0;
        }, Limit, "the first evaluations");
        foreach (var query in queries)
        {
            var asked = query.Replace("$target", ".*", StringComparison.Ordinal).Replace("$__rate_interval", "1m", StringComparison.Ordinal);
            Assert.That(asked, Does.Not.Contain("$"));
            // a scrape that did not come in time leaves nothing to be seen for a while
            await Poll.UntilAsync(async _ => await AskAsync(asked) is { } answer && answer["status"]?.ToString() == "success" && (MayBeEmpty.Any(query.Contains) || answer["data"]!["result"]!.AsArray().Count > 0), Limit, asked);
        }
        var health = JsonNode.Parse(await http.GetStringAsync("/api/v1/rules"))!["data"]!["groups"]!.AsArray().SelectMany(g => g!["rules"]!.AsArray()).Select(r => $"{r!["name"]} {r["health"]} {r["lastError"]}");
        Assert.That(health.Where(h => !h.Contains(" ok ", StringComparison.Ordinal)), Is.Empty);
        directory.Delete(recursive: true);
    }
}
