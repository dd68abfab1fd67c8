using HealingWorkers.Integration.Tests.Checks;
using HealingWorkers.Integration.Tests.Dashboard;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Alerts;

[TestFixture]
internal sealed class AlertButtonTests
{
    [Test]
    public async Task The_button_tries_every_sink_and_says_what_came_of_it()
    {
        await using var webhook = await Receiver.StartAsync();
        await using var slack = await Receiver.StartAsync();
        slack.Answer = _ => 403;
        await using var ledger = await Ledger.FreshLedger.CreateAsync();
        await using var stage = await Stage.OpenAsync(ledger.ConnectionString, o => (o.Alerts.Webhook, o.Alerts.Slack) = (webhook.Address, slack.Address));
        var (status, body) = await stage.PostAsync("/api/v1/alerts/test", new { reason = "new address", actor = "anna" });
        Assert.That(status, Is.EqualTo(200), body.ToJsonString());
        Assert.That(body["results"]!.AsArray().Select(r => $"{r!["sink"]} {r["sent"]} {r["error"]}"), Is.EqualTo(new[] { "log true ", "webhook true ", "slack false the slack answered 403" }));
        Assert.That(webhook.Posts.Single().Json["event"]!.ToString(), Is.EqualTo("test"));
        Assert.That(await ledger.ScalarAsync<string>("SELECT actor || ': ' || message FROM healing.audit_log WHERE event_type = 'alert.tested'"),
            Is.EqualTo("anna: alerts tested (new address): log took it, webhook took it, slack did not: the slack answered 403"));
        Assert.That((await stage.PostAsync("/api/v1/alerts/test", new { sink = "webhook", reason = "x", actor = "anna" })).Body["results"]!.AsArray(), Has.Count.EqualTo(1));
        Assert.That((await stage.PostAsync("/api/v1/alerts/test", new { sink = "pager", reason = "x", actor = "anna" })).Status, Is.EqualTo(400));
        Assert.That((await stage.PostAsync("/api/v1/alerts/test", new { actor = "anna" })).Status, Is.EqualTo(400));
        Assert.That((await stage.GetAsync("/api/v1/alerts")).Body.AsArray().Select(s => $"{s!["sink"]} {s["waiting"]} {s["failures"]}"), Is.EqualTo(new[] { "log 0 0", "webhook 0 0", "slack 0 0" }));
    }

    [Test]
    public async Task The_command_does_the_same()
    {
        await using var webhook = await Receiver.StartAsync();
        await using var ledger = await Ledger.FreshLedger.CreateAsync();
        string[] set = ["--set", $"control.connection={ledger.ConnectionString}", "--set", $"alerts.webhook={webhook.Address}", "--set", "alerts.slack=http://127.0.0.1:1/"];
        var (code, output, _) = await HealingExecutable.RunAsync(["alerts", "test", "--sink", "webhook", .. set]);
        Assert.That((code, webhook.Posts.Count), Is.EqualTo((0, 1)), output);
        var (failed, _, error) = await HealingExecutable.RunAsync(["alerts", "test", .. set]);
        Assert.That(failed, Is.EqualTo(1));
        Assert.That(error, Does.Contain("error: not taken by slack"));
        Assert.That((await HealingExecutable.RunAsync(["alerts", .. set])).Output, Does.Contain("webhook").And.Contain("slack"));
    }
}
