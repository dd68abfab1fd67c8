using System.Net.Http.Json;
using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Schedule;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Dashboard;

/// <summary>Jobs, schedules and workers by the API, on a ledger as a fleet leaves it.</summary>
[TestFixture, NonParallelizable]
public sealed class FleetApiTests
{
    private static readonly object Why = new { reason = "looked at it", actor = "anna" };
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(1);
    private Stage _stage = null!;
    private JobLedger _jobs = null!;

    [SetUp]
    public async Task OpenAsync()
    {
        _stage = await Stage.OpenAsync(change: o => o.Targets.Add(new TargetOptions { Name = "movies", Connection = "Host=127.0.0.1;Port=1" }));
        _jobs = new JobLedger(_stage.Db);
    }

    [TearDown]
    public async Task CloseAsync() => await _stage.DisposeAsync();

    [Test]
    public async Task One_run_shows_its_arguments_log_and_error_and_can_be_retried_cancelled_and_deleted()
    {
        var failed = await EndedAsync("repair:7:1", "failed", error: "the disk is full");
        var (_, one) = await _stage.GetAsync($"/api/v1/jobs/{failed.Id}");
        Assert.That($"{one["run"]!["error"]} {one["log"]} {one["arguments"]!["incident"]} {one["incident"]} {one["key"]}", Is.EqualTo("the disk is full line by line 7 7 repair:7:1"));
        Assert.That((await _stage.GetAsync("/api/v1/jobs?incident=7")).Body["items"]!.AsArray(), Has.Count.EqualTo(1));
        Assert.That((await _stage.GetAsync("/api/v1/jobs?incident=8")).Body["items"]!.AsArray(), Is.Empty);
        Assert.That((await _stage.GetAsync("/api/v1/jobs?worker=here:1&state=failed")).Body["items"]!.AsArray(), Has.Count.EqualTo(1));

        var (status, again) = await _stage.PostAsync($"/api/v1/jobs/{failed.Id}/retry", Why);
        Assert.That(status, Is.EqualTo(200), again.ToJsonString());
        Assert.That($"{again["state"]} {again["requested_by"]}", Is.EqualTo("pending anna"));
        Assert.That((await _stage.PostAsync($"/api/v1/jobs/{failed.Id}/retry", Why)).Status, Is.EqualTo(409), "the same waits already");
        Assert.That((await _stage.PostAsync($"/api/v1/jobs/{failed.Id}/cancel", Why)).Status, Is.EqualTo(409), "it has ended");
        Assert.That((await _stage.PostAsync($"/api/v1/jobs/{again["id"]}/delete", Why)).Status, Is.EqualTo(409), "it waits");
        Assert.That((await _stage.PostAsync($"/api/v1/jobs/{again["id"]}/cancel", Why)).Body["state"]!.ToString(), Is.EqualTo("cancelled"));
        Assert.That((await _stage.PostAsync($"/api/v1/jobs/{again["id"]}/delete", Why)).Status, Is.EqualTo(200));
        Assert.That((await _stage.GetAsync($"/api/v1/jobs/{again["id"]}")).Status, Is.EqualTo(404));
        var audit = (await _stage.GetAsync("/api/v1/audit?actor=anna")).Body["items"]!.AsArray().Select(a => a!["event_type"]!.ToString());
        Assert.That(audit, Is.EqualTo(new[] { "job.deleted", "job.cancelled", "job.retried" }));
    }

    [Test]
    public async Task All_that_match_need_their_count_confirmed()
    {
        for (var i = 0; i < 5; i++)
            await EndedAsync($"test:{i}", i < 3 ? "failed" : "succeeded");
        Assert.That((int)(await _stage.GetAsync("/api/v1/jobs/count?state=failed")).Body["ended"]!, Is.EqualTo(3));
        var (status, unconfirmed) = await _stage.PostAsync("/api/v1/jobs/delete", new { matching = new { state = "failed" }, reason = "x", actor = "anna" });
        Assert.That($"{status} {unconfirmed["code"]} {unconfirmed["count"]}", Is.EqualTo("409 count_unconfirmed 3"));
        var (wrong, _) = await _stage.PostAsync("/api/v1/jobs/delete", new { matching = new { state = "failed" }, count = 2, reason = "x", actor = "anna" });
        Assert.That(wrong, Is.EqualTo(409));
        Assert.That((await _stage.GetAsync("/api/v1/jobs")).Body["items"]!.AsArray(), Has.Count.EqualTo(5), "nothing was done");
        var (_, retried) = await _stage.PostAsync("/api/v1/jobs/retry", new { matching = new { state = "failed" }, count = 3, reason = "x", actor = "anna" });
        Assert.That((int)retried["done"]!, Is.EqualTo(3));
        var (_, cancelled) = await _stage.PostAsync("/api/v1/jobs/cancel", new { matching = new { state = "pending" }, count = 3, reason = "x", actor = "anna" });
        Assert.That((int)cancelled["done"]!, Is.EqualTo(3));
        var (_, deleted) = await _stage.PostAsync("/api/v1/jobs/delete", new { count = 8, reason = "x", actor = "anna" });
        Assert.That((int)deleted["done"]!, Is.EqualTo(8));
    }

    [Test]
    public async Task The_newest_and_the_last_success_of_a_schedule_stay()
    {
        var first = await EndedAsync("db.health_check:movies", "succeeded", recurring: "db.health_check:movies");
        var old = await EndedAsync("db.health_check:movies", "failed", recurring: "db.health_check:movies");
        var newest = await EndedAsync("db.health_check:movies", "failed", recurring: "db.health_check:movies");
        var (_, deleted) = await _stage.PostAsync("/api/v1/jobs/delete", new { count = 3, reason = "x", actor = "anna" });
        Assert.That($"{deleted["done"]} {deleted["left"]}", Is.EqualTo("1 2"));
        Assert.That(await _jobs.FindAsync(old.Id, default), Is.Null);
        Assert.That(await _jobs.FindAsync(first.Id, default), Is.Not.Null);
        Assert.That((await _stage.PostAsync($"/api/v1/jobs/{newest.Id}/delete", Why)).Body["detail"]!.ToString(), Does.Contain("decides when that is due"));
    }

    [Test]
    public async Task A_schedule_that_rests_lets_its_times_go_by_and_can_still_be_run_by_hand()
    {
        const string id = "db.health_check:movies";
        var (status, paused) = await _stage.PostAsync($"/api/v1/schedules/{id}/pause", Why);
        Assert.That(status, Is.EqualTo(200), paused.ToJsonString());
        Assert.That($"{paused["paused"]!["actor"]} {paused["paused"]!["why"]} {paused["next"]}", Is.EqualTo("anna looked at it "));
        Assert.That(paused["words"]!.ToString(), Does.StartWith("every 10 minutes"));
        var slot = TimeProvider.System.GetUtcNow();
        Assert.That(await _jobs.RequestAsync(new JobRequest(id, "db.health_check", "movies", [], "schedule") { RecurringId = id, Slot = slot }, default), Is.Null);
        Assert.That((await _stage.PostAsync("/api/v1/trigger", new { job = "db.health_check", target = "movies", reason = "x", actor = "y" })).Body["runs"]!.AsArray(), Has.Count.EqualTo(1));
        Assert.That((await _stage.PostAsync("/api/v1/jobs/cancel", new { count = 1, reason = "x", actor = "y" })).Status, Is.EqualTo(200));
        Assert.That((await _stage.PostAsync($"/api/v1/schedules/{id}/resume", Why)).Body["next_fires"]!.AsArray(), Has.Count.EqualTo(5));
        Assert.That(await _jobs.RequestAsync(new JobRequest(id, "db.health_check", "movies", [], "schedule") { RecurringId = id, Slot = slot }, default), Is.Not.Null);
        Assert.That((await _stage.PostAsync($"/api/v1/schedules/{id}/resume", Why)).Body["code"]!.ToString(), Is.EqualTo("not_paused"));
        Assert.That((await _stage.PostAsync("/api/v1/schedules/none/pause", Why)).Body["code"]!.ToString(), Is.EqualTo("schedule_unknown"));
    }

    [Test]
    public async Task A_drained_worker_claims_nothing_and_a_drained_host_stays_so_over_restarts()
    {
        var workers = new WorkerRegistry(_stage.Db);
        await workers.RegisterAsync(new WorkerProcess { Id = "here:1", Host = "here", Pid = 1, Version = "0.1.0", Engine = "quartz" }, default);
        var first = (await _jobs.RequestAsync(new JobRequest("a", "test", null, [], "t"), default))!;
        await _jobs.ClaimAsync(first.Id, "here:1/abc", Lease, default);
        var second = (await _jobs.RequestAsync(new JobRequest("b", "test", null, [], "t"), default))!;

        var (status, draining) = await _stage.PostAsync("/api/v1/workers/here:1/drain", Why);
        Assert.That(status, Is.EqualTo(200), draining.ToJsonString());
        Assert.That($"{draining["state"]} {draining["runs"]![0]!["key"]} {draining["drained"]!["actor"]}", Is.EqualTo("draining a anna"));
        Assert.That((await _jobs.ClaimAsync(second.Id, "here:1/abc", Lease, default)).Run, Is.Null);
        Assert.That((await _stage.PostAsync("/api/v1/workers/here:1/resume", Why)).Body["state"]!.ToString(), Is.EqualTo("working"));

        await _stage.PostAsync("/api/v1/workers/here:1/drain", new { scope = "host", reason = "x", actor = "anna" });
        await workers.RegisterAsync(new WorkerProcess { Id = "here:2", Host = "here", Pid = 2, Version = "0.1.0", Engine = "quartz" }, default);
        Assert.That((await _jobs.ClaimAsync(second.Id, "here:2/def", Lease, default)).Run, Is.Null, "a process that came after");
        Assert.That((await _stage.GetAsync("/api/v1/workers/here:2")).Body["state"]!.ToString(), Is.EqualTo("drained"));
        Assert.That((await _stage.PostAsync("/api/v1/workers/here:2/resume", Why)).Status, Is.EqualTo(409), "not by itself, but by its host");
        Assert.That((await _stage.PostAsync("/api/v1/workers/here:2/resume", new { scope = "host", reason = "x", actor = "anna" })).Status, Is.EqualTo(200));
        Assert.That((await _jobs.ClaimAsync(second.Id, "here:2/def", Lease, default)).Run, Is.Not.Null);
    }

    [Test]
    public async Task A_change_with_a_key_is_done_once_and_answered_the_same()
    {
        var run = await EndedAsync("once", "failed");
        var first = await SendAsync($"/api/v1/jobs/{run.Id}/retry", Why, "k1");
        var second = await SendAsync($"/api/v1/jobs/{run.Id}/retry", Why, "k1");
        Assert.That(await second.Content.ReadAsStringAsync(), Is.EqualTo(await first.Content.ReadAsStringAsync()));
        Assert.That(second.StatusCode, Is.EqualTo(first.StatusCode));
        Assert.That(second.Headers.Contains("Idempotency-Replayed"), Is.True);
        Assert.That((await _stage.GetAsync("/api/v1/jobs")).Body["items"]!.AsArray(), Has.Count.EqualTo(2), "one new run");
        Assert.That((await CodeAsync(await SendAsync($"/api/v1/jobs/{run.Id}/retry", new { reason = "other", actor = "anna" }, "k1"))), Is.EqualTo("idempotency_key_reused"));
        Assert.That((await CodeAsync(await SendAsync($"/api/v1/jobs/{run.Id}/retry", Why, new string('k', 201)))), Is.EqualTo("invalid_request"));
        Assert.That(await new Retention(_stage.Db).RunAsync(TimeSpan.FromDays(1), TimeSpan.FromDays(1), default), Is.Zero, "kept for a day");
        var many = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => SendAsync("/api/v1/trigger", new { job = "db.index_check", target = "movies", reason = "x", actor = "anna" }, "k2")));
        Assert.That(many.Select(m => (int)m.StatusCode), Is.All.EqualTo(202).Or.EqualTo(409));
        Assert.That((await _stage.GetAsync("/api/v1/jobs?job=db.index_check")).Body["items"]!.AsArray(), Has.Count.EqualTo(1));
        Assert.That((await _stage.GetAsync("/api/v1/audit?event=job.triggered")).Body["items"]!.AsArray(), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_refusal_that_changed_nothing_leaves_its_key_free()
    {
        Assert.That(await CodeAsync(await SendAsync("/API/v1/resume", Why, "again")), Is.EqualTo("not_paused"));
        Assert.That((await _stage.PostAsync("/api/v1/pause", Why)).Status, Is.EqualTo(200));
        using var resumed = await SendAsync("/API/v1/resume", Why, "again");
        Assert.That(((int)resumed.StatusCode, resumed.Headers.Contains("Idempotency-Replayed")), Is.EqualTo((200, false)));
        using var replayed = await SendAsync("/API/v1/resume", Why, "again");
        Assert.That(((int)replayed.StatusCode, replayed.Headers.Contains("Idempotency-Replayed")), Is.EqualTo((200, true)));
        Assert.That((await _stage.GetAsync("/api/v1/audit?event=repairs.resumed")).Body["items"]!.AsArray().Single()!["message"]!.ToString(), Is.EqualTo("repairs of everything resumed: looked at it"));
    }

    [Test]
    public async Task The_chain_of_receipts_and_the_configuration_are_shown()
    {
        var (_, chain) = await _stage.GetAsync("/api/v1/audit/chain");
        Assert.That($"{chain["holds"]} {chain["receipts"]}", Is.EqualTo("true 0"));
        var (_, configuration) = await _stage.GetAsync("/api/v1/configuration");
        Assert.That($"{configuration[0]!["key"]} {configuration[0]!["source"]}", Is.EqualTo("targets[0].connection healing.yaml:3"));
    }

    private async Task<JobRun> EndedAsync(string key, string state, string? error = null, string? recurring = null)
    {
        var incident = key.StartsWith("repair:", StringComparison.Ordinal) ? new JsonObject { ["incident"] = 7 } : [];
        var run = (await _jobs.RequestAsync(new JobRequest(key, key.Split(':')[0], "movies", incident, "test") { RecurringId = recurring }, default))!;
        var claim = await _jobs.ClaimAsync(run.Id, "here:1/abc", Lease, default);
        await _jobs.EndAsync(run.Id, claim.Run!.Token, state, "noted", error, "line by line", default);
        return run;
    }

    private async Task<HttpResponseMessage> SendAsync(string path, object body, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body), Headers = { { "Idempotency-Key", key } } };
        return await _stage.Http.SendAsync(request);
    }

    private static async Task<string> CodeAsync(HttpResponseMessage answer) => (await Stage.ReadAsync(answer)).Body["code"]!.ToString();
}
