using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Schedule;
using HealingWorkers.Jobs.Targets;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Dashboard.Pages;

/// <summary>The pages about the fleet as HTML, and what their forms do.</summary>
[TestFixture, NonParallelizable]
public sealed class FleetPagesTests
{
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(1);
    private Stage _stage = null!;
    private Visit _visit = null!;
    private JobLedger _jobs = null!;

    [SetUp]
    public async Task OpenAsync()
    {
        _stage = await Stage.OpenAsync(change: o => o.Targets.Add(new TargetOptions { Name = "movies", Connection = "Host=127.0.0.1;Port=1", CriticalIndexes = { "movies_pkey" } }));
        _visit = new Visit(_stage.Http.BaseAddress!);
        _jobs = new JobLedger(_stage.Db);
    }

    [TearDown]
    public async Task CloseAsync()
    {
        _visit.Dispose();
        await _stage.DisposeAsync();
    }

    [TestCase("/jobs", "Nothing has run yet.")]
    [TestCase("/jobs?state=failed", "No run matches.")]
    [TestCase("/jobs?incident=x", "is no number of an incident")]
    [TestCase("/jobs/999", "There is no such run.")]
    [TestCase("/workers", "No worker has been heard of")]
    [TestCase("/targets/other", "No such target is configured.")]
    [TestCase("/targets/movies", "It was never reached.")]
    [TestCase("/audit", "Nothing was done yet.")]
    [TestCase("/configuration", "targets[0].connection")]
    [TestCase("/schedules", "every 10 minutes, from minute")]
    public async Task Every_page_stands_on_an_empty_ledger_and_says_what_to_do(string page, string says) => Assert.That(await _visit.GetAsync(page), Does.Contain(says));

    [Test]
    public async Task A_run_that_failed_is_read_retried_cancelled_and_deleted()
    {
        var run = await EndedAsync("repair", "failed", "<b>the disk</b> is full");
        var list = await _visit.GetAsync("/jobs?state=failed");
        Assert.That(list, Does.Contain($"href=\"/jobs/{run.Id}\"").And.Contain("&lt;b&gt;the disk&lt;/b&gt; is full").And.Contain("state-bad"));
        var page = await _visit.GetAsync($"/jobs/{run.Id}");
        Assert.That(page, Does.Contain("line by line").And.Contain("href=\"/incidents/7\"").And.Contain("here:1").And.Not.Contain("<b>the disk"));

        Assert.That(await _visit.PostAsync($"/jobs/{run.Id}", "/retry", ("reason", "room was made")), Does.Contain("Asked for again, as run"));
        var again = (await _jobs.HistoryAsync(new() { State = "pending" }, default)).Single();
        Assert.That(await _visit.PostAsync($"/jobs/{again.Id}", "/cancel", ("reason", "not now")), Does.Contain("is cancelled."));
        Assert.That(await _visit.PostAsync($"/jobs/{again.Id}", "/cancel", ("reason", "not now")), Does.Contain("cannot be cancelled"));
        await _visit.PostAsync($"/jobs/{again.Id}", "/delete", ("reason", "tidy"));
        Assert.That(await _jobs.FindAsync(again.Id, default), Is.Null);
        Assert.That(await _visit.GetAsync("/audit?event=job.deleted"), Does.Contain(": tidy"));
    }

    [Test]
    public async Task All_that_match_are_done_only_when_they_are_as_many_as_were_seen()
    {
        for (var i = 0; i < 3; i++)
            await EndedAsync($"test{i}", "failed", null);
        Assert.That(await _visit.GetAsync("/jobs?state=failed"), Does.Contain("Delete 3").And.Contain("name=\"count\" value=\"3\""));
        await EndedAsync("test3", "failed", null);
        Assert.That(await _visit.PostAsync("/jobs", "/delete-all", ("reason", "x"), ("state", "failed"), ("count", "3")), Does.Contain("4 match, and 3 were confirmed"));
        Assert.That(await _visit.PostAsync("/jobs", "/delete-all", ("reason", "x"), ("state", "failed"), ("count", "4")), Does.Contain("4 runs deleted."));
    }

    [Test]
    public async Task A_schedule_is_run_by_hand_paused_and_resumed()
    {
        Assert.That(await _visit.PostAsync("/schedules", "/run", ("reason", "curious"), ("id", "db.index_check:movies"), ("table", "public.movies")), Does.Contain("Asked for, as run"));
        Assert.That((await _jobs.HistoryAsync(new(), default)).Single().Job, Is.EqualTo(JobNames.IndexCheckTable));
        Assert.That(await _visit.PostAsync("/schedules", "/pause", ("reason", "a release"), ("id", "db.index_check:movies")), Does.Contain("Paused by local").And.Contain("a release"));
        Assert.That(await _visit.PostAsync("/schedules", "/resume", ("reason", "done"), ("id", "db.index_check:movies")), Does.Contain("goes on.").And.Not.Contain("Paused by"));
    }

    [Test]
    public async Task A_worker_shows_what_it_does_and_is_drained()
    {
        await new WorkerRegistry(_stage.Db).RegisterAsync(new WorkerProcess { Id = "here:1", Host = "here", Pid = 1, Version = "0.1.0", Engine = "quartz" }, default);
        var run = (await _jobs.RequestAsync(new JobRequest("a", "db.health_check", "movies", [], "t"), default))!;
        await _jobs.ClaimAsync(run.Id, "here:1/abc", Lease, default);
        Assert.That(await _visit.GetAsync("/workers"), Does.Contain("working").And.Contain($"href=\"/jobs/{run.Id}\"").And.Contain("0.1.0, quartz"));
        Assert.That(await _visit.PostAsync("/workers", "/drain", ("reason", "more memory"), ("id", "here:1"), ("scope", "host")), Does.Contain("draining").And.Contain("like all of host here").And.Contain("more memory"));
        Assert.That(await _visit.PostAsync("/workers", "/resume", ("reason", "done"), ("id", "here:1"), ("scope", "host")), Does.Contain("works again").And.Contain(">working<"));
    }

    [Test]
    public async Task A_target_shows_size_standbys_checks_and_what_its_roles_lack_and_is_paused()
    {
        var incident = await new Story(_stage.Db).DamageAsync("one");
        await new TargetLooks(_stage.Db).SaveAsync(incident.TargetId, new TargetLook(3 << 20, true, false, [new StandbySeen { Name = "db2", State = "streaming", LagBytes = 0 }],
            [new RightLacking(RightOf.Check, "watcher", "monitor", "Sight of sessions", ["age"], null, "GRANT pg_monitor TO watcher;")]), default);
        Assert.That(await _visit.GetAsync("/targets"), Does.Contain("3 MB").And.Contain("#rights"));
        Assert.That(await _visit.GetAsync("/targets/movies"), Does.Contain("db2").And.Contain("streaming").And.Contain("GRANT pg_monitor TO watcher;").And.Contain("damaged").And.Contain("movies_pkey"));
        Assert.That(await _visit.PostAsync("/targets", "/pause", ("reason", "a release"), ("target", "movies")), Does.Contain("Repairs of movies are paused.").And.Contain(">paused<"));
        Assert.That(await _visit.PostAsync("/targets", "/resume", ("reason", "done"), ("target", "movies")), Does.Contain("Repairs of movies go on."));
    }

    [Test]
    public async Task An_audit_entry_that_somebody_changed_is_named_on_the_page_in_the_api_and_by_the_command()
    {
        await _visit.PostAsync("/targets", "/pause", ("reason", "a release"), ("target", "movies"));
        await new AuditLog(_stage.Db).WriteAsync(new AuditEntry("x", "info", "one", "anna"), default);
        await new AuditLog(_stage.Db).WriteAsync(new AuditEntry("x", "info", "two", "anna"), default);
        var last = (await new AuditLog(_stage.Db).ListAsync(null, null, 1, default)).Single().Id;
        Assert.That(await _visit.GetAsync("/audit"), Does.Contain("The audit log is verified up to link"));
        Assert.That($"{(await _stage.GetAsync("/api/v1/audit/chain")).Body["audit"]!["holds"]}", Is.EqualTo("true"));
        await using var connection = await _stage.Db.Source.OpenConnectionAsync();
        await using var forge = connection.CreateCommand();
        forge.CommandText = $"SET session_replication_role = replica; UPDATE healing.audit_log SET actor = 'bob' WHERE id = {last - 1}";
        await forge.ExecuteNonQueryAsync();
        var audit = (await _stage.GetAsync("/api/v1/audit/chain")).Body["audit"]!;
        Assert.That(($"{audit["holds"]}", $"{audit["misfits"]![0]!["entry"]}"), Is.EqualTo(("false", $"{last - 1}")));
        await using var other = await Stage.OpenAsync(_stage.Db.ConnectionString);
        using var visit = new Visit(other.Http.BaseAddress!);
        Assert.That(await visit.GetAsync("/audit"), Does.Contain($"entry {last - 1} is not what was hashed: it was changed").And.Contain("The audit log is not what was written"));
        await using var program = new Commands.HealingProgram();
        program.Environment["HEALING__CONTROL__CONNECTION"] = _stage.Options.Control.Connection;
        var (code, said, error) = await program.RunAsync("audit", "--verify");
        Assert.That(code, Is.EqualTo(2), error);
        Assert.That(said, Does.Contain($"CHANGED: entry {last - 1} is not what was hashed"));
    }

    [Test]
    public async Task A_chain_that_somebody_broke_is_told_loudly()
    {
        Assert.That(await _visit.GetAsync("/audit"), Does.Contain("The chain of 0 receipts holds"));
        var incident = await new Story(_stage.Db).DamageAsync("one");
        await using var connection = await _stage.Db.Source.OpenConnectionAsync();
        await using var forge = connection.CreateCommand();
        forge.CommandText = $"INSERT INTO healing.receipts (seq, incident_id, attempt, body, previous_hash, hash) VALUES (1, {incident.Id}, 1, 'forged', 'nothing', 'nothing')";
        await forge.ExecuteNonQueryAsync();
        Assert.That($"{(await _stage.GetAsync("/api/v1/audit/chain")).Body["holds"]}", Is.EqualTo("false"));
        await using var other = await Stage.OpenAsync(_stage.Db.ConnectionString);
        using var visit = new Visit(other.Http.BaseAddress!);
        Assert.That(await visit.GetAsync("/audit"), Does.Contain("broken at 1"));
    }

    [Test]
    public async Task Lists_are_exported_and_what_a_spreadsheet_would_run_is_made_harmless()
    {
        await EndedAsync("test", "failed", "=cmd|' /C calc'!A0, \"quoted\"");
        var csv = await _visit.GetAsync("/api/v1/jobs/export?state=failed");
        Assert.That(csv, Does.StartWith("id,job,target,state,").And.Contain("\"'=cmd|' /C calc'!A0, \"\"quoted\"\"\""));
        Assert.That(await _visit.GetAsync("/api/v1/audit/export?format=json"), Does.StartWith("[").And.EndWith("]\n"));
        Assert.That(await _visit.GetAsync("/api/v1/incidents/export"), Is.Empty);
    }

    private async Task<JobRun> EndedAsync(string job, string state, string? error)
    {
        var run = (await _jobs.RequestAsync(new JobRequest(job, job, "movies", new() { ["incident"] = 7 }, "test"), default))!;
        var claim = await _jobs.ClaimAsync(run.Id, "here:1/abc", Lease, default);
        await _jobs.EndAsync(run.Id, claim.Run!.Token, state, null, error, "line by line", default);
        return run;
    }
}
