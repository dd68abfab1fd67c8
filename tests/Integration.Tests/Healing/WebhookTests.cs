using System.Net;
using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Drill;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Healing;

[TestFixture]
internal sealed class WebhookTests
{
    private const string Due = "UPDATE healing.alerts SET due_at = clock_timestamp() WHERE delivered_at IS NULL AND gave_up_at IS NULL";

    [Test]
    public async Task A_webhook_that_is_down_is_tried_again_later_and_told_once()
    {
        await using var hospital = await EscalatedAsync();
        using var http = new HttpClient();
        var alerts = hospital.Factory().Alerts(http, "worker");
        Assert.That(await alerts.RunAsync(CancellationToken.None), Is.EqualTo(1), "only the log was there to be told");
        Assert.That(await alerts.RunAsync(CancellationToken.None), Is.Zero, "not at once");
        Assert.That(await PauseAsync(hospital), Is.InRange(1, 11));
        await Hospital.Cluster.ExecuteAsync(hospital.LedgerDatabase, Due);
        Assert.That(await alerts.RunAsync(CancellationToken.None), Is.Zero);
        Assert.That(await PauseAsync(hospital), Is.InRange(11, 21), "longer each time");

        using var listener = new HttpListener();
        listener.Prefixes.Add(hospital.Options.Alerts.Webhook);
        listener.Start();
        await Hospital.Cluster.ExecuteAsync(hospital.LedgerDatabase, Due);
        // an answer that is no yes is a failure, and the next one has the same key
        var refused = await AnswerAsync(listener, alerts, 503, expected: 0);
        await Hospital.Cluster.ExecuteAsync(hospital.LedgerDatabase, Due);
        var told = await AnswerAsync(listener, alerts, 204, expected: 1);
        Assert.That(told, Is.EqualTo(refused));
        await Hospital.Cluster.ExecuteAsync(hospital.LedgerDatabase, "UPDATE healing.alerts SET due_at = clock_timestamp()");
        Assert.That(await alerts.RunAsync(CancellationToken.None), Is.Zero, "once");
        Assert.That(await Hospital.Cluster.ScalarAsync<long>(hospital.LedgerDatabase, "SELECT count(*) FROM healing.alerts WHERE delivered_at IS NOT NULL"), Is.EqualTo(2));
    }

    [Test]
    public async Task After_the_last_try_it_is_given_up_and_audited()
    {
        await using var hospital = await EscalatedAsync();
        using var http = new HttpClient();
        var alerts = hospital.Factory().Alerts(http, "worker");
        for (var tried = 0; tried < AlertOutbox.MostTries + 3; tried++)
        {
            await alerts.RunAsync(CancellationToken.None);
            await Hospital.Cluster.ExecuteAsync(hospital.LedgerDatabase, Due);
        }
        Assert.That(await Hospital.Cluster.ScalarAsync<int>(hospital.LedgerDatabase, "SELECT tries FROM healing.alerts WHERE sink = 'webhook' AND gave_up_at IS NOT NULL"), Is.EqualTo(AlertOutbox.MostTries));
        Assert.That(await Hospital.Cluster.ScalarAsync<string>(hospital.LedgerDatabase, "SELECT string_agg(severity || ' ' || message, '|') FROM healing.audit_log WHERE event_type = 'alert.given_up'"),
            Does.Match("^critical alert [^|]* could not be sent by webhook in 10 tries: [^|]+$"));
    }

    private static async Task<string> AnswerAsync(HttpListener listener, Jobs.Alerts.AlertDelivery alerts, int status, int expected)
    {
        var sending = alerts.RunAsync(CancellationToken.None);
        var call = await listener.GetContextAsync();
        var body = JsonNode.Parse(await new StreamReader(call.Request.InputStream).ReadToEndAsync())!;
        call.Response.StatusCode = status;
        call.Response.Close();
        Assert.That(await sending, Is.EqualTo(expected));
        Assert.That(call.Request.Headers["Idempotency-Key"], Is.EqualTo((string?)body["key"]).And.Not.Empty);
        return call.Request.Headers["Idempotency-Key"]!;
    }

    private static Task<int> PauseAsync(Hospital hospital) =>
        Hospital.Cluster.ScalarAsync<int>(hospital.LedgerDatabase, "SELECT ceil(extract(epoch FROM due_at - clock_timestamp()))::int FROM healing.alerts WHERE sink = 'webhook'");

    private static async Task<Hospital> EscalatedAsync()
    {
        var hospital = await Hospital.OpenAsync(500);
        hospital.Options.Alerts.Webhook = $"http://127.0.0.1:{FreePort.Pick()}/";
        hospital.FreeSpace = _ => 0;
        await hospital.Damage.Index.ZeroLeafAsync("movies_title_idx");
        await hospital.HealOnlyAsync();
        return hospital;
    }
}
