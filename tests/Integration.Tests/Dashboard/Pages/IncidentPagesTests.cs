using System.Net;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Dashboard.Pages;

[TestFixture, NonParallelizable]
public sealed class IncidentPagesTests
{
    private const string Hostile = "<script>alert(1)</script>";
    private Stage _stage = null!;
    private Story _story = null!;

    [OneTimeSetUp]
    public async Task OpenAsync()
    {
        _stage = await Stage.OpenAsync();
        _story = new Story(_stage.Db);
    }

    [OneTimeTearDown]
    public async Task CloseAsync() => await _stage.DisposeAsync();

    [Test]
    public async Task Names_and_errors_with_html_in_them_are_shown_as_text()
    {
        var incident = await _story.DamageAsync(Hostile);
        await _story.Incidents.MoveAsync(incident.Id, IncidentState.Detected, IncidentState.Escalated, new Move("<b>me</b>", $"{Hostile} said") { Reason = $"<img src=x onerror=alert(1)> {Hostile}" }, CancellationToken.None);
        foreach (var path in (string[])[$"/incidents/{incident.Id}", "/incidents?show=all", $"/incidents?q={Uri.EscapeDataString(Hostile)}", $"/incidents/decide?verb=close&id={incident.Id}", $"/incidents/{incident.Id}/plan"])
        {
            var answer = await _stage.Http.GetAsync(path);
            var html = await answer.Content.ReadAsStringAsync();
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK), $"{path}: {html}");
            Assert.That(html, Does.Contain("&lt;script&gt;alert(1)&lt;/script&gt;"), path);
            Assert.That(html, Does.Not.Contain("<script>alert").And.Not.Contain("<img src=x").And.Not.Contain("<b>me"), path);
        }
    }

    [Test]
    public async Task The_filter_is_in_the_address_and_pages_go_on_by_key()
    {
        for (var n = 0; n < 55; n++)
            await _story.DamageAsync($"paged_{n}_x", n % 2 == 0 ? FindingKind.BtreeCorrupt : FindingKind.IndexLeftover);
        var first = await _stage.Http.GetStringAsync("/incidents?q=PAGED_");
        Assert.That(first, Does.Contain("rel=\"next\"").And.Contain("public.paged_54_x").And.Not.Contain("public.paged_4_x"));
        var next = System.Text.RegularExpressions.Regex.Match(first, "href=\"([^\"]*before=[^\"]*)\"").Groups[1].Value.Replace("&amp;", "&", StringComparison.Ordinal);
        Assert.That(next, Does.Contain("q=PAGED_"));
        var second = await _stage.Http.GetStringAsync(next);
        Assert.That(second, Does.Contain("public.paged_4_x").And.Not.Contain("public.paged_54_x").And.Not.Contain("rel=\"next\""));
        var some = await _stage.Http.GetStringAsync("/incidents?q=paged_&severity=warning&kind=index_leftover");
        Assert.That(some, Does.Contain("public.paged_53_x").And.Not.Contain("public.paged_54_x"));
        Assert.That(await _stage.Http.GetStringAsync("/incidents?q=p%25ged"), Does.Contain("No incident matches."), "a % is a % and no pattern");
    }

    [Test]
    public async Task What_is_not_there_is_told_as_such() =>
        Assert.That((await _stage.Http.GetAsync("/incidents/999999")).StatusCode, Is.EqualTo(HttpStatusCode.NotFound));

    [Test]
    public async Task A_form_without_its_token_changes_nothing()
    {
        var incident = await _story.DamageAsync("forged");
        using var form = new FormUrlEncodedContent(new Dictionary<string, string> { ["reason"] = "x", ["rows"] = "0" });
        Assert.That((await _stage.Http.PostAsync($"/incidents/{incident.Id}/escalate", form)).StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
        Assert.That((await _story.Incidents.FindAsync(incident.Id, CancellationToken.None))!.State, Is.EqualTo(IncidentState.Detected));
    }

    [Test]
    public async Task What_may_lose_something_is_not_approved_by_a_number_of_rows()
    {
        var incident = await _story.DamageAsync("unread", FindingKind.HeapXminInvalid);
        await _story.AskAsync(incident);
        using var visit = new Visit(_stage.Http.BaseAddress!);
        Assert.That(await visit.PostAsync($"/incidents/{incident.Id}", "/approve", ("reason", "x"), ("rows", "1")), Does.Contain($"the plan of incident {incident.Id} was not read"));
        Assert.That((await _story.Incidents.FindAsync(incident.Id, CancellationToken.None))!.ApprovedBy, Is.Null);
        await visit.PostAsync($"/incidents/{incident.Id}", "/approve", ("reason", "x"), ("rows", "1"), ("plan", "cafe"));
        var approved = (await _story.Incidents.FindAsync(incident.Id, CancellationToken.None))!;
        Assert.That((approved.ApprovedRows, approved.ApprovedPlan), Is.EqualTo(((long?)1, "cafe")));
    }

    [Test]
    public async Task A_decision_comes_back_to_its_page_and_is_told_once()
    {
        var incident = await _story.DamageAsync("decided");
        using var visit = new Visit(_stage.Http.BaseAddress!);
        var told = await visit.PostAsync($"/incidents/{incident.Id}", "/escalate", ("reason", "let me see"));
        Assert.That(told, Does.Contain($"Incident {incident.Id} is escalated").And.Contain("escalated by local: let me see"));
        Assert.That(await visit.GetAsync($"/incidents/{incident.Id}"), Does.Not.Contain("data-flash"));
        Assert.That(await visit.PostAsync($"/incidents/{incident.Id}", "/suppress", ("reason", "too late")), Does.Contain("cannot become Suppressed"));
    }

    [Test]
    public async Task Approving_unread_is_refused()
    {
        var incident = await _story.DamageAsync("unread");
        await _story.AskAsync(incident);
        using var visit = new Visit(_stage.Http.BaseAddress!);
        Assert.That(await visit.PostAsync($"/incidents/{incident.Id}", "/approve", ("reason", "blindly")), Does.Contain("was not read"));
        Assert.That((await _story.Incidents.FindAsync(incident.Id, CancellationToken.None))!.ApprovedBy, Is.Null);
    }

    [Test]
    public async Task What_may_lose_something_is_not_approved_among_others()
    {
        var incident = await _story.DamageAsync("may_lose", FindingKind.HeapTupleCorrupt);
        await _story.AskAsync(incident);
        using var visit = new Visit(_stage.Http.BaseAddress!);
        var page = $"/incidents/decide?verb=approve&id={incident.Id}";
        Assert.That(await visit.GetAsync(page), Does.Contain("left out"));
        Assert.That(await visit.PostAsync(page, "/incidents/decisions", ("verb", "approve"), ("id", $"{incident.Id}"), ($"rows-{incident.Id}", "1"), ("count", "1"), ("reason", "all of them")), Does.Contain("may lose something"));
        Assert.That((await _story.Incidents.FindAsync(incident.Id, CancellationToken.None))!.ApprovedBy, Is.Null);
    }

    [Test]
    public async Task More_than_can_have_been_looked_at_are_refused_and_not_cut_off()
    {
        var answer = await _stage.Http.GetAsync($"/incidents/decide?verb=close&{string.Join('&', Enumerable.Range(1, 101).Select(id => $"id={id}"))}");
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(await answer.Content.ReadAsStringAsync(), Does.Contain("101 incidents are chosen"));
    }

    [Test]
    public async Task Many_are_closed_at_once_only_when_their_number_is_confirmed()
    {
        var (one, two) = (await _story.DamageAsync("many_1"), await _story.DamageAsync("many_2"));
        await _story.EscalateAsync(one);
        await _story.EscalateAsync(two);
        using var visit = new Visit(_stage.Http.BaseAddress!);
        var page = $"/incidents/decide?verb=close&id={one.Id}&id={two.Id}";
        Assert.That(await visit.GetAsync(page), Does.Contain("Close 2 incidents"));
        (string, string)[] fields = [("verb", "close"), ("id", $"{one.Id}"), ("id", $"{two.Id}"), ("reason", "old")];
        Assert.That(await visit.PostAsync(page, "/incidents/decisions", [.. fields, ("count", "3")]), Does.Contain("3 was confirmed, and 2 are chosen"));
        Assert.That((await _story.Incidents.FindAsync(one.Id, CancellationToken.None))!.State, Is.EqualTo(IncidentState.Escalated));
        Assert.That(await visit.PostAsync(page, "/incidents/decisions", [.. fields, ("count", "2")]), Does.Contain("2 of 2 incidents: close done"));
        Assert.That((await _story.Incidents.FindAsync(two.Id, CancellationToken.None))!.State, Is.EqualTo(IncidentState.Closed));
    }
}
