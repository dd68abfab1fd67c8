using Dapper;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Schedule;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Dashboard.Pages;

/// <summary>An undo that was asked for, as the page of its incident tells it: while no worker has come, and however it ends.</summary>
[TestFixture, NonParallelizable]
public sealed class UndoPagesTests
{
    private const string Offer = "id=\"undo\"";
    private Stage _stage = null!;
    private Visit _visit = null!;
    private JobLedger _jobs = null!;
    private Incident _incident = null!;

    private int _looks;

    private string Page => $"/incidents/{_incident.Id}";

    [SetUp]
    public async Task OpenAsync()
    {
        _stage = await Stage.OpenAsync(change: o => o.Targets.Add(new TargetOptions { Name = "movies", Connection = "Host=127.0.0.1;Port=1" }));
        _visit = new Visit(_stage.Http.BaseAddress!);
        _jobs = new JobLedger(_stage.Db);
        var story = new Story(_stage.Db);
        _incident = await story.DamageAsync("taken");
        await story.HealAsync(_incident);
        await using var connection = await _stage.Db.Source.OpenConnectionAsync();
        await connection.ExecuteAsync("UPDATE healing.attempts SET rows_quarantined = 2");
    }

    [TearDown]
    public async Task CloseAsync()
    {
        _visit.Dispose();
        await _stage.DisposeAsync();
    }

    [Test]
    public async Task Who_asked_and_why_is_in_the_audit_log_and_nothing_is_where_it_was_asked_already()
    {
        Assert.That(await AskAsync("we need them"), Does.Contain("was asked for"));
        Assert.That(await AskAsync("again"), Does.Contain("asked for already"));
        var asked = (await new AuditLog(_stage.Db).ListAsync(new AuditFilter { Event = "incident.undo_asked" }, default)).Single();
        var run = (await _jobs.ActiveAsync(UndoRequests.Key(_incident.Id), default))!;
        Assert.That((asked.Actor, asked.IncidentId, asked.TargetId), Is.EqualTo(("local", (long?)_incident.Id, (long?)_incident.TargetId)));
        Assert.That(asked.Message, Is.EqualTo($"run {run.Id} is asked for to bring its rows back: we need them"));
        Assert.That(asked.Metadata, Does.Contain($"{run.Id}"));
    }

    [Test]
    public async Task What_is_asked_without_its_audit_row_is_not_asked()
    {
        await using (var connection = await _stage.Db.Source.OpenConnectionAsync())
            await connection.ExecuteAsync("ALTER TABLE healing.audit_log ADD CONSTRAINT full_up CHECK (event_type <> 'incident.undo_asked')");
        using var form = new StringContent("{\"reason\": \"we need them\", \"actor\": \"anna\"}", System.Text.Encoding.UTF8, "application/json");
        using var answer = await _stage.Http.PostAsync($"/api/v1/incidents/{_incident.Id}/undo", form);
        Assert.That(answer.IsSuccessStatusCode, Is.False);
        Assert.That(await _jobs.HistoryAsync(new JobRunFilter(), default), Is.Empty);
    }

    [Test]
    public async Task While_it_waits_the_page_says_so_and_offers_it_no_more_and_when_it_is_cancelled_again()
    {
        Assert.That(await SeenAsync(), Does.Contain(Offer).And.Contain("Nothing: it is over.").And.Contain("data-live=\"incidents jobs\""));
        await AskAsync("we need them");
        var run = (await _jobs.ActiveAsync(UndoRequests.Key(_incident.Id), default))!;
        var asked = await SeenAsync();
        Assert.That(asked, Does.Contain($"href=\"/jobs/{run.Id}\"").And.Contain("asked for by local").And.Contain("to bring the rows back: it waits for a worker"));
        Assert.That(asked, Does.Contain("A worker carries out run").And.Not.Contain("Nothing: it is over.").And.Not.Contain(Offer));
        await _visit.PostAsync($"/jobs/{run.Id}", "/cancel", ("reason", "not now"));
        Assert.That(await SeenAsync(), Does.Contain("it was cancelled").And.Contain(Offer).And.Contain("Nothing: it is over."));
    }

    [Test]
    public async Task It_tells_why_it_waits_that_it_runs_and_why_it_failed_until_it_is_asked_anew()
    {
        await AskAsync("we need them");
        var run = (await _jobs.ActiveAsync(UndoRequests.Key(_incident.Id), default))!;
        var claim = (await _jobs.ClaimAsync(run.Id, "here:1/abc", TimeSpan.FromMinutes(1), default)).Run!;
        Assert.That(await SeenAsync(), Does.Contain("it runs on here:1").And.Not.Contain(Offer));
        await _jobs.DeferAsync(run.Id, claim.Token, TimeSpan.Zero, "a worker repairs movies right now", default);
        Assert.That(await SeenAsync(), Does.Contain("it waits: a worker repairs movies right now"));
        claim = (await _jobs.ClaimAsync(run.Id, "here:1/abc", TimeSpan.FromMinutes(1), default)).Run!;
        await _jobs.EndAsync(run.Id, claim.Token, "failed", null, "the <disk> is full", null, default);
        Assert.That(await SeenAsync(), Does.Contain("it failed: the &lt;disk&gt; is full").And.Contain(Offer));
        await AskAsync("there is room now");
        Assert.That(await SeenAsync(), Does.Contain("it waits for a worker").And.Not.Contain("it failed"));
    }

    /// <summary>As from a page that was opened before; the token of a form holds for all of them.</summary>
    private Task<string> AskAsync(string why) => _visit.PostAsync("/schedules", $"{Page}/undo", ("reason", why));

    /// <summary>Anew, whatever was rendered a moment ago.</summary>
    private Task<string> SeenAsync() => _visit.GetAsync($"{Page}?look={++_looks}");
}
