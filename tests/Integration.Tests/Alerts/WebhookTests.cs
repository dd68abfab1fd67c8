using System.Security.Cryptography;
using System.Text;
using HealingWorkers.Drill;
using HealingWorkers.Jobs.Ledger;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Alerts;

[TestFixture]
internal sealed class WebhookTests
{
    private const string Secret = "0123456789abcdef0123";

    [Test]
    public async Task What_happens_to_an_incident_is_posted_in_order_and_signed()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var stage = await AlertStage.OpenAsync(a => (a.Webhook, a.WebhookSecret, a.Link) = (receiver.Address, Secret, "https://healing.example/"));
        var healed = await stage.Story.DamageAsync("movies_title_idx");
        await stage.DeliverAsync();
        await stage.Story.EscalateAsync(await stage.Story.DamageAsync("other_idx"));
        await stage.Story.HealAsync(healed);
        await stage.DeliverAsync();

        var posts = receiver.Posts.ToList();
        Assert.That(posts.Select(p => $"{p.Json["event"]} {p.Json["severity"]} {p.Json["object"]}"), Is.EqualTo(new[]
        {
            "opened critical public.movies_title_idx", "opened critical public.other_idx", "escalated critical public.other_idx", "ended critical public.movies_title_idx",
        }));
        Assert.That(posts[0].Json["link"]!.ToString(), Is.EqualTo($"https://healing.example/incidents/{healed.Id}"));
        Assert.That(posts[2].Json["message"]!.ToString(), Does.Contain("beyond us"));
        foreach (var post in posts)
        {
            Assert.That(post.Headers["Idempotency-Key"], Is.EqualTo(post.Json["key"]!.ToString()));
            // As docs/alerts.md tells a receiver to do it.
            var time = post.Headers["Healing-Timestamp"];
            var expected = Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), Encoding.UTF8.GetBytes(time + "." + post.Body)));
            Assert.That(post.Headers["Healing-Signature"], Is.EqualTo("v1=" + expected));
            Assert.That(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() - long.Parse(time, System.Globalization.CultureInfo.InvariantCulture), Is.InRange(0, 60));
        }
        Assert.That(posts.Select(p => p.Headers["Idempotency-Key"]).Distinct(StringComparer.Ordinal).Count(), Is.EqualTo(4));
        Assert.That(await stage.DeliverLaterAsync(), Is.Zero, "each once");
    }

    [Test]
    public async Task A_dead_sink_loses_nothing_and_holds_up_nobody()
    {
        await using var dead = await Receiver.StartAsync();
        await using var alive = await Receiver.StartAsync();
        await using var stage = await AlertStage.OpenAsync(a => (a.Webhook, a.Slack) = (dead.Address, alive.Address));
        await dead.DownAsync();
        for (var i = 0; i < 25; i++)
            await stage.Story.DamageAsync($"i{i}");
        await stage.DeliverAsync();
        Assert.That(alive.Posts, Has.Count.EqualTo(25));
        Assert.That(await stage.WaitingAsync("webhook"), Is.EqualTo(25));
        var pause = await PauseAsync(stage);
        Assert.That(pause, Is.LessThan(11));
        Assert.That(await stage.DeliverAsync(), Is.Zero, "left alone for a while");
        // Longer each time, however long it takes: what waits for a sink that is away is not given up.
        for (var tries = 0; tries < 15; tries++)
            await stage.DeliverLaterAsync();
        Assert.That(await PauseAsync(stage), Is.InRange(240, 301));
        Assert.That(await stage.WaitingAsync("webhook"), Is.EqualTo(25));

        await dead.UpAsync();
        Assert.That(await stage.DeliverLaterAsync(), Is.EqualTo(25));
        Assert.That(dead.Posts.Select(p => p.Json["object"]!.ToString()), Is.EqualTo(Enumerable.Range(0, 25).Select(i => $"public.i{i}")), "all, once, in order");
        Assert.That(await stage.Ledger.ScalarAsync<int>("SELECT failures FROM healing.alert_sinks WHERE sink = 'webhook'"), Is.Zero);
    }

    [Test]
    public async Task An_alert_that_is_not_wanted_lets_the_others_pass_and_is_given_up_loudly()
    {
        await using var receiver = await Receiver.StartAsync();
        receiver.Answer = post => post.Body.Contains("poison", StringComparison.Ordinal) ? 422 : 200;
        await using var stage = await AlertStage.OpenAsync(a => a.Webhook = receiver.Address);
        await stage.Story.DamageAsync("poison");
        await stage.Story.DamageAsync("fine");
        await stage.DeliverAsync();
        Assert.That(receiver.Posts.Single().Json["object"]!.ToString(), Is.EqualTo("public.fine"));
        for (var tries = 1; tries < AlertOutbox.MostRefusals + 2; tries++)
            await stage.DeliverLaterAsync();
        Assert.That(await stage.Ledger.ScalarAsync<int>("SELECT refusals FROM healing.alerts WHERE sink = 'webhook' AND gave_up_at IS NOT NULL"), Is.EqualTo(AlertOutbox.MostRefusals));
        Assert.That(await stage.Ledger.ScalarAsync<string>("SELECT string_agg(severity || ' ' || message, '|') FROM healing.audit_log WHERE event_type = 'alert.given_up'"),
            Does.Match("^critical alert opened:[^|]* was refused by webhook 10 times: [^|]*422$"));
    }

    [Test]
    public async Task Many_workers_send_each_alert_once()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var stage = await AlertStage.OpenAsync(a => a.Webhook = receiver.Address);
        for (var i = 0; i < 30; i++)
            await stage.Story.DamageAsync($"i{i}");
        await Task.WhenAll(Enumerable.Range(0, 4).Select(w => Task.Run(() => stage.Worker($"w{w}").RunAsync(CancellationToken.None))));
        Assert.That(receiver.Posts.Select(p => p.Json["object"]!.ToString()), Is.EqualTo(Enumerable.Range(0, 30).Select(i => $"public.i{i}")));
    }

    [Test]
    public async Task A_sink_that_hangs_delays_neither_the_others_nor_the_end_of_the_worker()
    {
        await using var hanging = await Receiver.StartAsync();
        await using var alive = await Receiver.StartAsync();
        hanging.Delay = TimeSpan.FromSeconds(60);
        await using var stage = await AlertStage.OpenAsync(a => (a.Webhook, a.Slack) = (hanging.Address, alive.Address));
        using var stop = new CancellationTokenSource();
        var loop = stage.Delivery.KeepOnAsync(stop.Token);
        await stage.Story.DamageAsync("first");
        await Poll.UntilAsync(_ => Task.FromResult(alive.Posts.Count == 1), TimeSpan.FromSeconds(20), "the first");
        await stage.Story.DamageAsync("second");
        await Poll.UntilAsync(_ => Task.FromResult(alive.Posts.Count == 2), TimeSpan.FromSeconds(8), "the second, while the other sink hangs");
        Assert.That(hanging.Posts, Is.Empty);
        await stop.CancelAsync();
        await loop.WaitAsync(TimeSpan.FromMinutes(1));
        Assert.That(await stage.WaitingAsync("webhook"), Is.EqualTo(2));
    }

    [Test]
    public async Task A_sink_that_asks_for_time_gets_it()
    {
        await using var busy = await Receiver.StartAsync();
        (busy.Answer, busy.RetryAfter) = (_ => 429, 120);
        await using var stage = await AlertStage.OpenAsync(a => a.Slack = busy.Address);
        await stage.Story.DamageAsync("one");
        await stage.DeliverAsync();
        Assert.That(await PauseAsync(stage), Is.InRange(60, 121));
        Assert.That(await stage.WaitingAsync("slack"), Is.EqualTo(1));
    }

    [Test]
    public async Task The_queue_is_bounded_in_length_and_in_time()
    {
        await using var stage = await AlertStage.OpenAsync(a => a.Webhook = "http://127.0.0.1:1/");
        await stage.Ledger.ExecuteAsync("""
            INSERT INTO healing.alerts (key, sink, event, severity, payload, created_at)
            SELECT 'k' || n, 'webhook', 'opened', 'critical', '{}', now() - CASE WHEN n <= 3 THEN interval '8 days' ELSE interval '0' END FROM generate_series(1, 20) n
            """);
        Assert.That(await new AlertOutbox(stage.Ledger.Db).BoundAsync(TimeSpan.FromDays(7), 10, "worker", CancellationToken.None), Is.EqualTo(10));
        Assert.That(await stage.Ledger.ScalarAsync<string>("SELECT string_agg(key, ' ' ORDER BY id) FROM healing.alerts WHERE gave_up_at IS NULL"), Is.EqualTo(string.Join(' ', Enumerable.Range(11, 10).Select(n => $"k{n}"))), "the newest stay");
        Assert.That(await stage.Ledger.ScalarAsync<string>("SELECT message FROM healing.audit_log WHERE event_type = 'alert.given_up'"), Does.StartWith("10 alerts that waited for webhook"));
    }

    private static Task<int> PauseAsync(AlertStage stage) =>
        stage.Ledger.ScalarAsync<int>("SELECT ceil(extract(epoch FROM retry_at - clock_timestamp()))::int FROM healing.alert_sinks WHERE retry_at IS NOT NULL");
}
