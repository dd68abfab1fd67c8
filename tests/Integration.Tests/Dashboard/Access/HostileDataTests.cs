using System.Text.Json;
using System.Text.Json.Nodes;
using Dapper;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Repairs;
using HealingWorkers.Jobs.Targets;
using Microsoft.AspNetCore.Components.Endpoints;
using Microsoft.AspNetCore.Routing;
using Npgsql;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Dashboard.Access;

/// <summary>Names, errors and rows come from databases that anybody may have written to.</summary>
[TestFixture, NonParallelizable]
public sealed class HostileDataTests
{
    private const string Html = "\"><script>alert(1)</script><img src=x onerror=alert(2)>'; DROP TABLE healing.incidents; --";
    private const string Name = "\"><script>alert(1)</script>";
    private const string Index = "\"><script>alert(2)</script>";
    private static readonly string Quoted = $"\"{Name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    private static readonly string QuotedIndex = $"\"{Index.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    private Stage _stage = null!;
    private long _incident;
    private long _planned;

    [OneTimeSetUp]
    public async Task OpenAsync()
    {
        var target = await DashCluster.DatabaseAsync("hostile");
        _stage = await Stage.OpenAsync(change: o => o.Targets.Add(new TargetOptions { Name = "movies", Connection = target }));
        var story = new Story(_stage.Db);
        var incident = await story.DamageAsync(Html);
        _incident = incident.Id;
        await story.HealAsync(incident);
        var plan = new RepairPlan(Html, RiskClass.Quarantining, [new RepairStep(Html, Html, Html) { Parameters = Html }]) { Rows = 1, Asks = Html, Samples = [Html], Notes = [Html] };
        var json = JsonSerializer.Serialize(plan, LedgerJson.Options);
        await using var connection = await _stage.Db.Source.OpenConnectionAsync();
        await connection.ExecuteAsync("UPDATE healing.attempts SET plan = @json::jsonb, statements = jsonb_build_array(@Html::text), error = @Html, verification = @Html", new { json, Html });
        await connection.ExecuteAsync("UPDATE healing.incidents SET detail = @Html, reason = @Html, evidence = jsonb_build_object(@Html::text, @Html::text), approved_by = @Html", new { Html });
        await connection.ExecuteAsync("INSERT INTO healing.job_runs (key, job, target, requested_by, state, ended_at, worker, note, error, log) VALUES (@Html, 'db.health_check', 'movies', @Html, 'failed', now(), @Html, @Html, @Html, @Html)", new { Html });
        await connection.ExecuteAsync("INSERT INTO healing.workers (id, host, pid, version, engine) VALUES (@Html, @Html, 1, @Html, @Html)", new { Html });
        await FillAsync(target, incident, await story.DamageAsync("planned"), connection);
        await connection.ExecuteAsync("INSERT INTO healing.audit_log (event_type, severity, message, actor, incident_id) VALUES ('x', 'info', @Html, @Html, @id)", new { Html, id = _incident });
    }

    /// <summary>A table, a column, an index and rows of a database that somebody has it in for us with; one row lies in the quarantine.</summary>
    private async Task FillAsync(string connection, Incident taken, Incident planned, NpgsqlConnection ledger)
    {
        await using var target = new Target(new TargetOptions { Name = "movies", Connection = connection }, TimeProvider.System);
        await using var session = await target.OpenRepairAsync(default);
        await session.ExecuteAsync($"CREATE TABLE public.{Quoted} (id int PRIMARY KEY, {Quoted} text); CREATE INDEX {QuotedIndex} ON public.{Quoted} ({Quoted}); INSERT INTO public.{Quoted} SELECT n, '{Html.Replace("'", "''", StringComparison.Ordinal)}' FROM pg_catalog.generate_series(1, 3) n");
        var oids = (await session.QueryAsync<long>("SELECT c.oid::bigint FROM pg_catalog.pg_class c WHERE c.relname IN (@Name, @Index) ORDER BY c.relkind DESC", new { Name, Index })).ToList();
        var repair = new RepairSession(target, await target.FactsAsync(default), session, token: 1) { Ledger = await new QuarantineLedger(_stage.Db).IdAsync(default), Attempt = 1 };
        await using (var transaction = await session.BeginTransactionAsync())
        {
            await using (var batch = await QuarantineBatch.OpenAsync(repair, taken, "test_repair", Html, new StatementLog(), default))
                Assert.That(await batch.DeleteAsync(await QuarantineTable.OfAsync(session, oids[0], default), ["(0,1)"], default), Is.EqualTo(1));
            await transaction.CommitAsync();
        }
        await ledger.ExecuteAsync("UPDATE healing.incidents SET object_oid = @Oid, object = @Object WHERE id = @Id", new { Oid = oids[1], Object = $"public.{QuotedIndex}", planned.Id });
        _planned = planned.Id;
    }

    [Test]
    public async Task Rows_in_quarantine_and_the_plan_of_a_live_target_are_shown_as_text()
    {
        var rows = await _stage.Http.GetStringAsync($"/quarantine/{_incident}");
        Assert.That(rows, Does.Contain("&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x").And.Contain("in quarantine").And.Not.Contain("<script>alert").And.Not.Contain("<img src=x"));
        var plan = await _stage.Http.GetStringAsync($"/incidents/{_planned}/plan");
        Assert.That(plan, Does.Contain("REINDEX INDEX").And.Contain("&lt;script&gt;alert(2)").And.Not.Contain("<script>alert"));
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
    public async Task What_a_plan_asks_is_shown_as_text()
    {
        var page = await _stage.Http.GetStringAsync($"/incidents/{_incident}");
        Assert.That(page, Does.Contain("<strong>A person decides:</strong> &quot;").And.Contain("aria-label=\"Parameters\">"));
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
        Assert.That((status, all["items"]!.AsArray().Count), Is.EqualTo((200, 2)));
    }

    private string Filled(string path) => string.Join('/', path.Split('/').Select(part => !part.StartsWith('{') ? part : part.Contains("id", StringComparison.OrdinalIgnoreCase) ? $"{_incident}" : "movies"));
}
