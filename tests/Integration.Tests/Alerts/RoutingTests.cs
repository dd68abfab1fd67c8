using HealingWorkers.Integration.Tests.Dashboard;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Options;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Alerts;

[TestFixture]
internal sealed class RoutingTests
{
    [Test]
    public async Task A_sink_is_told_what_its_routes_let_through()
    {
        await using var webhook = await Receiver.StartAsync();
        await using var slack = await Receiver.StartAsync();
        await using var stage = await AlertStage.OpenAsync(a =>
        {
            (a.Webhook, a.Slack) = (webhook.Address, slack.Address);
            a.Routes.Add(new AlertRoute { Sink = "slack", Severity = AlertSeverity.Critical, Targets = ["movies"] });
            a.Routes.Add(new AlertRoute { Sink = "slack", Severity = AlertSeverity.Info, Targets = ["books"], Events = ["ended"] });
        });
        var books = new Story(stage.Ledger.Db, "books", "7000000000000000002");
        await stage.Story.DamageAsync("movies_idx");
        await stage.Story.DamageAsync("ratings", FindingKind.OrphanRows);
        await books.HealAsync(await books.DamageAsync("books_idx"));
        await stage.DeliverAsync();
        Assert.That(slack.Posts.Select(p => p.Json["text"]!.ToString()), Is.EqualTo(new[]
        {
            "*critical: opened* btree_corrupt on public.movies_idx: does not agree with its table",
            "*over: ended* btree_corrupt on public.books_idx: it is over, repaired and proven",
        }));
        Assert.That(webhook.Posts.Select(p => $"{p.Json["target"]} {p.Json["severity"]} {p.Json["event"]}"), Is.EqualTo(new[]
        {
            "movies critical opened", "movies warning opened", "books critical opened", "books critical ended",
        }), "without a route: from warning up");
    }

    [TestCase(1000, "info")]
    [TestCase(1001, "warning")]
    public async Task Many_orphans_are_a_warning_and_few_are_told_of(int rows, string severity)
    {
        await using var webhook = await Receiver.StartAsync();
        await using var stage = await AlertStage.OpenAsync(a =>
        {
            a.Webhook = webhook.Address;
            a.Routes.Add(new AlertRoute { Sink = "webhook", Severity = AlertSeverity.Info });
        });
        var orphans = await stage.Story.DamageAsync("ratings", FindingKind.OrphanRows);
        await stage.Ledger.ExecuteAsync($"UPDATE healing.incidents SET evidence = '{{\"count\": {rows}}}' WHERE id = {orphans.Id}");
        await stage.DeliverAsync();
        Assert.That(webhook.Posts.Single().Json["severity"]!.ToString(), Is.EqualTo(severity));
        // Who is asked for approval is asked loudly, however few they are.
        await stage.Story.EscalateAsync(orphans);
        await stage.DeliverAsync();
        Assert.That(webhook.Posts.Last().Json["severity"]!.ToString(), Is.EqualTo("warning"));
    }

    [Test]
    public async Task Whoever_was_told_of_it_is_told_of_its_end()
    {
        await using var webhook = await Receiver.StartAsync();
        await using var slack = await Receiver.StartAsync();
        await using var stage = await AlertStage.OpenAsync(a =>
        {
            (a.Webhook, a.Slack) = (webhook.Address, slack.Address);
            a.Routes.Add(new AlertRoute { Sink = "slack", Severity = AlertSeverity.Critical });
        });
        var decisions = new IncidentDecisions(stage.Story.Incidents, 3);
        var (few, quiet) = (await OrphansAsync(stage, "few"), await OrphansAsync(stage, "quiet"));
        await stage.DeliverAsync();
        await stage.Story.EscalateAsync(few);
        await stage.DeliverAsync();
        await decisions.CloseAsync(few.Id, "anna", "by design", default);
        await decisions.SuppressAsync(quiet.Id, "anna", "by design", null, default);
        await stage.DeliverAsync();
        // all of it within one look, too
        var brief = await OrphansAsync(stage, "brief");
        await stage.Story.EscalateAsync(brief);
        await decisions.CloseAsync(brief.Id, "anna", "by design", default);
        await stage.DeliverAsync();
        Assert.That(webhook.Posts.Select(p => $"{p.Json["object"]} {p.Json["severity"]} {p.Json["event"]}"), Is.EqualTo(new[]
        {
            "public.few warning escalated", "public.few warning ended", "public.brief warning escalated", "public.brief warning ended",
        }), "and of what it never heard it is not told that it is over");
        Assert.That(slack.Posts, Is.Empty);
    }

    [Test]
    public async Task Silence_about_failed_attempts_is_no_silence_about_what_waits_for_a_person()
    {
        await using var webhook = await Receiver.StartAsync();
        await using var stage = await AlertStage.OpenAsync(a => a.Webhook = webhook.Address);
        var incident = await stage.Story.DamageAsync("one");
        stage.Options.AutoHealing.AlertOnFailure = false;
        foreach (var what in (string[])["repair_failed", "approval_wanted"])
            await stage.Queue.QueueAsync(incident, what, what, null, null, default);
        await stage.Story.EscalateAsync(incident);
        await stage.DeliverAsync();
        Assert.That(webhook.Posts.Select(p => p.Json["event"]!.ToString()), Is.EquivalentTo(new[] { "opened", "approval_wanted", "escalated" }));
        stage.Options.AutoHealing.AlertOnFailure = true;
        await stage.Queue.QueueAsync(incident, "repair_failed", "it failed", null, null, default);
        await stage.DeliverAsync();
        Assert.That(webhook.Posts.Last().Json["event"]!.ToString(), Is.EqualTo("repair_failed"));
    }

    private static async Task<Incident> OrphansAsync(AlertStage stage, string table)
    {
        var orphans = await stage.Story.DamageAsync(table, FindingKind.OrphanRows);
        await stage.Ledger.ExecuteAsync($"UPDATE healing.incidents SET evidence = '{{\"count\": 5}}' WHERE id = {orphans.Id}");
        return orphans;
    }

    [Test]
    public async Task Names_in_an_alert_are_only_text()
    {
        await using var slack = await Receiver.StartAsync();
        await using var stage = await AlertStage.OpenAsync(a => a.Slack = slack.Address);
        await stage.Story.DamageAsync("<!channel> & <http://evil|click>");
        await stage.DeliverAsync();
        Assert.That(slack.Posts.Single().Body, Does.Not.Contain("<!channel>").And.Not.Contain("<http://evil").And.Contain("&lt;!channel&gt; &amp;"));
    }
}
