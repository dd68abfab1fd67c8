using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Dashboard;

[TestFixture, NonParallelizable]
public sealed class ApiTests
{
    private static readonly object Why = new { reason = "looked at it", actor = "anna" };
    private Stage _stage = null!;
    private Story _story = null!;

    [SetUp]
    public async Task OpenAsync()
    {
        _stage = await Stage.OpenAsync(change: o => o.Targets.Add(new TargetOptions { Name = "movies", Connection = "Host=127.0.0.1;Port=1" }));
        _story = new Story(_stage.Db);
    }

    [TearDown]
    public async Task CloseAsync() => await _stage.DisposeAsync();

    [Test]
    public async Task Incidents_come_page_by_page_and_filtered()
    {
        for (var i = 0; i < 5; i++)
            await _story.DamageAsync($"i{i}");
        await _story.EscalateAsync(await _story.DamageAsync("worse"));
        var seen = new List<string>();
        long? before = null;
        do
        {
            var (status, page) = await _stage.GetAsync($"/api/v1/incidents?limit=4{(before is null ? "" : $"&before={before}")}");
            Assert.That(status, Is.EqualTo(200));
            seen.AddRange(page["items"]!.AsArray().Select(i => i!["object"]!.ToString()));
            before = (long?)page["next_before"];
        }
        while (before is not null);
        Assert.That(seen, Is.EqualTo(new[] { "public.worse", "public.i4", "public.i3", "public.i2", "public.i1", "public.i0" }));

        var (_, escalated) = await _stage.GetAsync("/api/v1/incidents?state=escalated&open=true&kind=btree_corrupt&target=movies");
        Assert.That(escalated["items"]!.AsArray().Single()!["object"]!.ToString(), Is.EqualTo("public.worse"));
        Assert.That((await _stage.GetAsync("/api/v1/incidents?target=other")).Body["items"]!.AsArray(), Is.Empty);
    }

    [TestCase("/api/v1/incidents?state=nonsense", 400, "invalid_request")]
    [TestCase("/api/v1/incidents?limit=0", 400, "invalid_request")]
    [TestCase("/api/v1/incidents?limit=100000", 400, "invalid_request")]
    [TestCase("/api/v1/incidents?before=x", 400, "invalid_request")]
    [TestCase("/api/v1/incidents/999", 404, "incident_unknown")]
    [TestCase("/api/v1/jobs?state=done", 400, "invalid_request")]
    [TestCase("/api/v1/nothing", 404, "not_found")]
    [TestCase("/api/v1/trigger", 405, "method_not_allowed")]
    public async Task What_is_wrong_is_a_problem_with_code_and_hint(string path, int expected, string code)
    {
        var answer = await _stage.Http.GetAsync(path);
        var (status, body) = await Stage.ReadAsync(answer);
        Assert.That(status, Is.EqualTo(expected), body.ToJsonString());
        Assert.That(answer.Content.Headers.ContentType!.MediaType, Is.EqualTo("application/problem+json"));
        Assert.That(body["code"]!.ToString(), Is.EqualTo(code));
        Assert.That(body["hint"]!.ToString(), Is.Not.Empty);
    }

    [Test]
    public async Task Decisions_name_their_actor_and_are_audited()
    {
        var waiting = await _story.DamageAsync("waiting");
        await _story.AskAsync(waiting);
        var given = await _story.DamageAsync("given_up");
        await _story.EscalateAsync(given);
        var noise = await _story.DamageAsync("noise");

        Assert.That((await DecideAsync(waiting.Id, "approve"))["approved_by"]!.ToString(), Is.EqualTo("anna"));
        var (_, asked) = await _stage.GetAsync("/api/v1/jobs?job=repair&state=pending");
        Assert.That(asked["items"]!.AsArray().Single()!["requested_by"]!.ToString(), Is.EqualTo("anna"));
        var reopened = await DecideAsync(given.Id, "reopen");
        Assert.That(reopened["state"]!.ToString(), Is.EqualTo("Detected"));
        Assert.That((int)reopened["attempts_allowed"]!, Is.EqualTo(3));
        Assert.That((await DecideAsync(noise.Id, "suppress"))["state"]!.ToString(), Is.EqualTo("Suppressed"));
        Assert.That((await DecideAsync(noise.Id, "close"))["state"]!.ToString(), Is.EqualTo("Closed"));

        var (_, audit) = await _stage.GetAsync($"/api/v1/audit?incident={noise.Id}");
        Assert.That(audit["items"]!.AsArray().Select(a => $"{a!["event_type"]} {a["actor"]} {a["message"]}"), Is.EqualTo(new[]
        {
            "incident.closed anna closed: looked at it",
            "incident.suppressed anna suppressed: looked at it",
            "incident.opened test btree_corrupt on public.noise: does not agree with its table",
        }));
        var (status, again) = await _stage.PostAsync($"/api/v1/incidents/{noise.Id}/reopen", Why);
        Assert.That(status, Is.EqualTo(409), again.ToJsonString());
        Assert.That(again["code"]!.ToString(), Is.EqualTo("conflict"));
        Assert.That((await _stage.PostAsync("/api/v1/incidents/999/close", Why)).Status, Is.EqualTo(404));
    }

    [Test]
    public async Task What_may_lose_something_is_approved_by_its_plan_and_not_by_a_number_of_rows()
    {
        var waiting = await _story.DamageAsync("rows", Jobs.Findings.FindingKind.HeapXminInvalid);
        await _story.AskAsync(waiting);
        var (status, body) = await _stage.PostAsync($"/api/v1/incidents/{waiting.Id}/approve", new { reason = "some row", actor = "anna", rows = 1 });
        Assert.That((status, body["code"]!.ToString()), Is.EqualTo((409, "plan_unread")), body.ToJsonString());
        Assert.That((await _story.Incidents.FindAsync(waiting.Id, CancellationToken.None))!.ApprovedBy, Is.Null);
    }

    [TestCase("{}", "reason")]
    [TestCase("""{"reason": "x"}""", "actor")]
    [TestCase("""{"reason": " ", "actor": "anna"}""", "reason")]
    [TestCase("""{"reason": "x", "actor": "anna", "force": true}""", "force")]
    [TestCase("nonsense", "JSON")]
    public async Task A_change_without_reason_or_actor_is_refused(string body, string about)
    {
        var incident = await _story.DamageAsync("one");
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        var (status, problem) = await Stage.ReadAsync(await _stage.Http.PostAsync($"/api/v1/incidents/{incident.Id}/suppress", content));
        Assert.That(status, Is.EqualTo(400));
        Assert.That(problem["detail"]!.ToString(), Does.Contain(about));
        Assert.That((await _story.Incidents.FindAsync(incident.Id, CancellationToken.None))!.State.ToString(), Is.EqualTo("Detected"));
    }

    [Test]
    public async Task A_triggered_job_is_in_the_ledger_once()
    {
        var order = new { job = "db.index_check", table = "public.movies", target = "movies", reason = "curious", actor = "anna" };
        var (status, first) = await _stage.PostAsync("/api/v1/trigger", order);
        Assert.That(status, Is.EqualTo(202), first.ToJsonString());
        Assert.That(first["runs"]!.AsArray().Single()!["state"]!.ToString(), Is.EqualTo("pending"));
        var (_, second) = await _stage.PostAsync("/api/v1/trigger", order);
        Assert.That(second["already_there"]!.AsArray().Select(t => t!.ToString()), Is.EqualTo(new[] { "movies" }));
        var (_, jobs) = await _stage.GetAsync("/api/v1/jobs?job=db.index_check.table&state=pending");
        Assert.That(jobs["items"]!.AsArray().Single()!["requested_by"]!.ToString(), Is.EqualTo("anna"));
        Assert.That((await _stage.PostAsync("/api/v1/trigger", new { job = "rm", reason = "x", actor = "y" })).Status, Is.EqualTo(400));
        Assert.That((await _stage.PostAsync("/api/v1/trigger", new { job = "db.health_check", target = "nope", reason = "x", actor = "y" })).Status, Is.EqualTo(404));
    }

    [Test]
    public async Task Repairs_are_held_and_let_go()
    {
        Assert.That((await _stage.PostAsync("/api/v1/pause", new { target = "movies", reason = "x", actor = "anna" })).Body["code"]!.ToString(), Is.EqualTo("target_never_reached"));
        var incident = await _story.DamageAsync("one");
        Assert.That((await _stage.PostAsync("/api/v1/pause", new { target = "movies", reason = "release", actor = "anna" })).Status, Is.EqualTo(200));
        Assert.That(await new Pauses(_stage.Db).IsPausedAsync(incident.TargetId, CancellationToken.None), Is.True);
        var target = (await _stage.GetAsync("/api/v1/targets")).Body[0]!;
        Assert.That($"{target["name"]} {target["mode"]} {target["paused"]} {target["open_incidents"]} {target["server_version"]}", Is.EqualTo("movies heal true 1 150000"));
        Assert.That((await _stage.PostAsync("/api/v1/resume", new { target = "movies", reason = "done", actor = "anna" })).Status, Is.EqualTo(200));
        Assert.That((await _stage.PostAsync("/api/v1/resume", new { target = "movies", reason = "done", actor = "anna" })).Status, Is.EqualTo(409));
        Assert.That((await _stage.GetAsync("/api/v1/targets")).Body[0]!["paused"]!.GetValue<bool>(), Is.False);
    }

    [Test]
    public async Task Schedules_tell_their_next_time()
    {
        var (_, schedules) = await _stage.GetAsync("/api/v1/schedules");
        Assert.That(schedules.AsArray().Select(s => s!["id"]!.ToString()), Is.EqualTo(new[] { "db.health_check:movies", "db.index_check:movies", "db.orphan_cleanup:movies" }));
        Assert.That(schedules[0]!["next"]!.GetValue<DateTimeOffset>() - TimeProvider.System.GetUtcNow(), Is.GreaterThan(TimeSpan.Zero).And.LessThanOrEqualTo(TimeSpan.FromMinutes(10)));
    }

    [Test]
    public async Task Workers_that_live_are_listed()
    {
        var workers = new WorkerRegistry(_stage.Db);
        await workers.RegisterAsync(new WorkerProcess { Id = "here:1", Host = "here", Pid = 1, Version = "0.1.0", Engine = "quartz" }, CancellationToken.None);
        Assert.That((await _stage.GetAsync("/api/v1/workers")).Body.AsArray().Single()!["id"]!.ToString(), Is.EqualTo("here:1"));
        await workers.StoppedAsync("here:1", CancellationToken.None);
        Assert.That((await _stage.GetAsync("/api/v1/workers")).Body.AsArray(), Is.Empty);
        Assert.That((await _stage.GetAsync("/api/v1/workers?all=true")).Body.AsArray().Single()!["state"]!.ToString(), Is.EqualTo("stopped"));
    }

    [Test]
    public async Task One_incident_shows_its_evidence_and_attempts()
    {
        var incident = await _story.DamageAsync("one");
        await _story.HealAsync(incident);
        var (_, body) = await _stage.GetAsync($"/api/v1/incidents/{incident.Id}");
        Assert.That(body["incident"]!["state"]!.ToString(), Is.EqualTo("Resolved"));
        Assert.That(body["evidence"], Is.InstanceOf<JsonObject>());
        Assert.That(body["attempts"]!.AsArray().Single()!["outcome"]!.ToString(), Is.EqualTo("succeeded"));
    }

    private async Task<JsonNode> DecideAsync(long id, string verb)
    {
        var (status, body) = await _stage.PostAsync($"/api/v1/incidents/{id}/{verb}", Why);
        Assert.That(status, Is.EqualTo(200), body.ToJsonString());
        return body;
    }
}
