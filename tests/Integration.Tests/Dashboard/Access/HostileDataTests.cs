using System.Text.Json;
using System.Text.Json.Nodes;
using Dapper;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Repairs;
using Microsoft.AspNetCore.Components.Endpoints;
using Microsoft.AspNetCore.Routing;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Dashboard.Access;

/// <summary>Names, errors and rows come from databases that anybody may have written to.</summary>
[TestFixture, NonParallelizable]
public sealed class HostileDataTests
{
    private const string Html = "\"><script>alert(1)</script><img src=x onerror=alert(2)>'; DROP TABLE healing.incidents; --";
    private Stage _stage = null!;
    private long _incident;

    [OneTimeSetUp]
    public async Task OpenAsync()
    {
        _stage = await Stage.OpenAsync(change: o => o.Targets.Add(new TargetOptions { Name = "movies", Connection = "Host=127.0.0.1;Port=1" }));
        var story = new Story(_stage.Db);
        var incident = await story.DamageAsync(Html);
        _incident = incident.Id;
        await story.HealAsync(incident);
        var plan = new RepairPlan(Html, RiskClass.Quarantining, [new RepairStep(Html, Html, Html)]) { Rows = 1, Samples = [Html], Notes = [Html] };
        var json = JsonSerializer.Serialize(plan, LedgerJson.Options);
        await using var connection = await _stage.Db.Source.OpenConnectionAsync();
        await connection.ExecuteAsync("UPDATE healing.attempts SET plan = @json::jsonb, statements = jsonb_build_array(@Html::text), error = @Html, verification = @Html", new { json, Html });
        await connection.ExecuteAsync("UPDATE healing.incidents SET detail = @Html, reason = @Html, evidence = jsonb_build_object(@Html::text, @Html::text), approved_by = @Html", new { Html });
        await connection.ExecuteAsync("INSERT INTO healing.job_runs (key, job, target, requested_by, state, ended_at, worker, note, error, log) VALUES (@Html, 'db.health_check', 'movies', @Html, 'failed', now(), @Html, @Html, @Html, @Html)", new { Html });
        await connection.ExecuteAsync("INSERT INTO healing.workers (id, host, pid, version, engine) VALUES (@Html, @Html, 1, @Html, @Html)", new { Html });
        await connection.ExecuteAsync("INSERT INTO healing.audit_log (event_type, severity, message, actor, incident_id) VALUES ('x', 'info', @Html, @Html, @id)", new { Html, id = _incident });
    }

    [OneTimeTearDown]
    public async Task CloseAsync() => await _stage.DisposeAsync();

    [Test]
    public async Task Nothing_of_it_becomes_part_of_a_page()
    {
        var pages = _stage.Host.Endpoints.OfType<RouteEndpoint>().Where(e => e.Metadata.GetMetadata<ComponentTypeMetadata>() is not null).Select(e => "/" + e.RoutePattern.RawText!.TrimStart('/')).Distinct(StringComparer.Ordinal).ToList();
        Assert.That(pages, Does.Contain("/"));
        var shown = 0;
        foreach (var page in pages)
        {
            foreach (var path in (string[])[Filled(page), $"{Filled(page)}?search={Uri.EscapeDataString(Html)}&target={Uri.EscapeDataString(Html)}&kind={Uri.EscapeDataString(Html)}"])
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, path);
                request.Headers.Add("Accept", "text/html");
                using var answer = await _stage.Http.SendAsync(request);
                var html = await answer.Content.ReadAsStringAsync();
                Assert.That((int)answer.StatusCode, Is.LessThan(500), $"{path}: {html}");
                Assert.That(html, Does.Not.Contain("<script>alert").And.Not.Contain("<img src=x"), path);
                shown += html.Contains("&lt;script&gt;alert", StringComparison.Ordinal) ? 1 : 0;
            }
        }
        // Home alone has nothing of it; every other page has.
        Assert.That(shown, pages.Count > 1 ? Is.Positive : Is.Zero);
    }

    [Test]
    public async Task What_a_visitor_searches_for_is_never_run()
    {
        var document = JsonNode.Parse(await _stage.Http.GetStringAsync("/openapi/v1.json"))!;
        var tried = 0;
        foreach (var (path, methods) in document["paths"]!.AsObject())
        {
            foreach (var parameter in methods!["get"]?["parameters"]?.AsArray() ?? [])
            {
                if (parameter!["in"]!.ToString() != "query")
                    continue;
                tried++;
                using var answer = await _stage.Http.GetAsync($"{Filled(path)}?{parameter["name"]}={Uri.EscapeDataString("' OR 1=1; DROP TABLE healing.incidents; --")}");
                Assert.That((int)answer.StatusCode, Is.AnyOf(200, 400, 404), $"{path} {parameter["name"]}");
            }
        }
        Assert.That(tried, Is.GreaterThan(8));
        var (_, none) = await _stage.GetAsync($"/api/v1/incidents?target={Uri.EscapeDataString("x' OR '1'='1")}");
        Assert.That(none["items"]!.AsArray(), Is.Empty);
        var (status, all) = await _stage.GetAsync("/api/v1/incidents");
        Assert.That((status, all["items"]!.AsArray().Count), Is.EqualTo((200, 1)));
    }

    private string Filled(string path) => string.Join('/', path.Split('/').Select(part => !part.StartsWith('{') ? part : part.Contains("id", StringComparison.OrdinalIgnoreCase) ? $"{_incident}" : "movies"));
}
