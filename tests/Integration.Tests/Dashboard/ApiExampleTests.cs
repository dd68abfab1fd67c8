using System.Text;
using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Schedule;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Dashboard;

/// <summary>Every operation of the document is asked as its example says, each on a ledger of its own.</summary>
[TestFixture, NonParallelizable]
public sealed class ApiExampleTests
{
    private static int _copies;
    private string _seed = "";
    private string _target = "";

    [OneTimeSetUp]
    public async Task SeedAsync()
    {
        (_seed, _target) = (await DashCluster.LedgerAsync(), await DashCluster.DatabaseAsync("movies"));
        await using var db = new LedgerDb(_seed + ";Pooling=false");
        var story = new Story(db);
        await story.DamageAsync("one");
        await story.AskAsync(await story.DamageAsync("two"));
        await story.EscalateAsync(await story.DamageAsync("three"));
        await story.HealAsync(await story.DamageAsync("four"));
        var jobs = new JobLedger(db);
        var failed = (await jobs.RequestAsync(new JobRequest("a", "db.health_check", "movies", [], "t"), default))!;
        await jobs.EndAsync(failed.Id, (await jobs.ClaimAsync(failed.Id, "here:1/a", TimeSpan.FromMinutes(1), default)).Run!.Token, "failed", null, "no", null, default);
        await jobs.RequestAsync(new JobRequest("b", "db.health_check", "movies", [], "t"), default);
        foreach (var pid in new[] { 1, 2 })
            await new WorkerRegistry(db).RegisterAsync(new WorkerProcess { Id = $"here:{pid}", Host = "here", Pid = pid, Version = "1", Engine = "quartz" }, default);
        await new Drains(db).DrainAsync(DrainScope.Worker, "here:2", "anna", "x", default);
        await new SchedulePauses(db).PauseAsync("db.index_check:movies", "anna", "x", default);
        await new Pauses(db).PauseAsync(null, "anna", "x", default);
    }

    [Test]
    public async Task Each_example_is_taken_and_answered_as_the_document_says()
    {
        var operations = await OperationsAsync();
        Assert.That(operations, Has.Count.GreaterThan(40));
        var wrong = new List<string>();
        foreach (var (method, path, operation) in operations)
        {
            await using var stage = await CopyAsync();
            var before = await stage.Db.FirstAsync<long>("SELECT coalesce(max(id), 0) FROM healing.audit_log", null, default);
            var answer = await AskAsync(stage, method, path, operation);
            var declared = operation["responses"]![((int)answer.StatusCode).ToString(System.Globalization.CultureInfo.InvariantCulture)];
            var body = await answer.Content.ReadAsStringAsync();
            if (!answer.IsSuccessStatusCode || declared is null || (declared["content"] is JsonObject content && !content.Any(c => answer.Content.Headers.ContentType!.MediaType == c.Key)))
                wrong.Add($"{method} {path}: {(int)answer.StatusCode} {body[..Math.Min(300, body.Length)]}");
            else if (method != "GET" && !await IsToldAsync(stage, before, operation["requestBody"]!["content"]!["application/json"]!["example"]!))
                wrong.Add($"{method} {path}: no row of the audit log tells who did it and why");
        }
        Assert.That(wrong, Is.Empty);
    }

    private async Task<List<(string Method, string Path, JsonObject Operation)>> OperationsAsync()
    {
        await using var stage = await CopyAsync();
        var document = JsonNode.Parse(await stage.Http.GetStringAsync("/openapi/v1.json"))!;
        return [.. document["paths"]!.AsObject().Where(p => p.Key.StartsWith("/api/v1/", StringComparison.Ordinal))
            .SelectMany(p => p.Value!.AsObject().Select(o => (o.Key.ToUpperInvariant(), p.Key, o.Value!.AsObject())))];
    }

    private static async Task<bool> IsToldAsync(Stage stage, long before, JsonNode said)
    {
        var (actor, why) = ($"{said["actor"]}", $"{said["reason"]}");
        Assert.That(actor.Length * why.Length, Is.Positive, "an example that names nobody and no reason could not be found again");
        return (await new AuditLog(stage.Db).ListAsync(new AuditFilter { Actor = actor, Limit = 50 }, default)).Any(row => row.Id > before && row.Message.Contains(why, StringComparison.Ordinal));
    }

    private static async Task<HttpResponseMessage> AskAsync(Stage stage, string method, string path, JsonObject operation)
    {
        foreach (var parameter in operation["parameters"]?.AsArray() ?? [])
        {
            if (parameter!["in"]!.ToString() == "path")
                path = path.Replace($"{{{parameter["name"]}}}", Uri.EscapeDataString(parameter["example"]?.ToString() ?? throw new AssertionException($"{method} {path} has no example")), StringComparison.Ordinal);
        }
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (operation["requestBody"]?["content"]?["application/json"] is { } body)
            request.Content = new StringContent(body["example"]?.ToJsonString() ?? throw new AssertionException($"{method} {path} has no example"), Encoding.UTF8, "application/json");
        return await stage.Http.SendAsync(request);
    }

    private async Task<Stage> CopyAsync()
    {
        var (seed, copy) = (new Npgsql.NpgsqlConnectionStringBuilder(_seed), $"example{Interlocked.Increment(ref _copies)}");
        await DashCluster.Cluster.ExecuteAsync("postgres", $"CREATE DATABASE {copy} TEMPLATE {seed.Database}");
        seed.Database = copy;
        return await Stage.OpenAsync(seed.ConnectionString, o => o.Targets.Add(new TargetOptions { Name = "movies", Connection = _target }));
    }
}
