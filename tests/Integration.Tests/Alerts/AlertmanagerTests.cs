using System.Text.Json.Nodes;
using HealingWorkers.Drill;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Alerts;

/// <summary>With Debian's own Alertmanager, on a port of its own.</summary>
[TestFixture]
internal sealed class AlertmanagerTests
{
    private const string Program = "/usr/bin/prometheus-alertmanager";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);
    private readonly int _port = FreePort.Pick();
    private readonly HttpClient _http = new();
    private DirectoryInfo _directory = null!;
    private Receiver _receiver = null!;

    private Uri Api => new($"http://127.0.0.1:{_port}/api/v2/alerts");

    [OneTimeSetUp]
    public async Task SetUpAsync()
    {
        if (!File.Exists(Program))
            Assert.Ignore("There is no Alertmanager here (Debian's package prometheus-alertmanager).");
        _directory = Directory.CreateTempSubdirectory("healing-alertmanager");
        _receiver = await Receiver.StartAsync();
        await File.WriteAllTextAsync(Path.Combine(_directory.FullName, "config.yml"), $$"""
            route: { receiver: team, group_by: [target, incident], group_wait: 1s, group_interval: 1s, repeat_interval: 1h }
            receivers: [{ name: team, webhook_configs: [{ url: "{{_receiver.Address}}", send_resolved: true }] }]
            """);
    }

    [OneTimeTearDown]
    public async Task TearDownAsync()
    {
        _http.Dispose();
        if (_receiver is not null)
            await _receiver.DisposeAsync();
        _directory?.Delete(recursive: true);
    }

    [Test]
    public async Task An_incident_is_an_alert_there_until_it_ends_and_an_outage_loses_nothing()
    {
        await using var stage = await AlertStage.OpenAsync(a => (a.Alertmanager, a.Resend, a.Link) = ($"http://127.0.0.1:{_port}", TimeSpan.FromSeconds(6), "https://healing.example"));
        using var stop = new CancellationTokenSource();
        var sending = stage.Delivery.KeepOnAsync(stop.Token);
        await using (await StartAsync("first"))
        {
            var incident = await stage.Story.DamageAsync("movies_title_idx");
            var alert = await UntilAsync(alerts => alerts.SingleOrDefault(), "the alert");
            Assert.That(alert["labels"]!.ToJsonString(), Is.EqualTo($$"""{"alertname":"HealingIncident","incident":"{{incident.Id}}","job":"healing","kind":"btree_corrupt","severity":"critical","target":"movies"}"""));
            Assert.That(alert["generatorURL"]!.ToString(), Is.EqualTo($"https://healing.example/incidents/{incident.Id}"));
            Assert.That(alert["annotations"]!["summary"]!.ToString(), Does.Contain("public.movies_title_idx"));
            Assert.That(alert["startsAt"]!.GetValue<DateTimeOffset>(), Is.EqualTo(incident.OpenedAt).Within(TimeSpan.FromMilliseconds(2)));
            var ends = alert["endsAt"]!.GetValue<DateTimeOffset>();
            await UntilAsync(alerts => alerts.SingleOrDefault(a => a!["endsAt"]!.GetValue<DateTimeOffset>() > ends), "it being told again");
            await ToldAsync("firing");
            await stage.Story.HealAsync(incident);
            await UntilAsync(alerts => alerts.Count == 0 ? new JsonObject() : null, "its end");
            await ToldAsync("resolved");
            await stage.Story.DamageAsync("stays_idx");
            await UntilAsync(alerts => alerts.SingleOrDefault(), "another");
        }
        // It is killed and comes back knowing nothing: what is open is there again, and what began and ended meanwhile is seen.
        await stage.Story.HealAsync(await stage.Story.DamageAsync("brief_idx"));
        await Poll.UntilAsync(async _ => await stage.Ledger.ScalarAsync<int>("SELECT max(failures) FROM healing.alert_sinks") > 0, Limit, "a failure");
        await stage.Ledger.ExecuteAsync("UPDATE healing.alerts SET payload = jsonb_set(payload, '{at}', to_jsonb(now() - interval '1 hour')) WHERE delivered_at IS NULL AND event = 'ended'");
        await using (await StartAsync("second"))
        {
            await stage.Ledger.ExecuteAsync("UPDATE healing.alert_sinks SET retry_at = NULL");
            await UntilAsync(alerts => alerts.Count == 2 ? alerts[0] : null, "both");
            await UntilAsync(alerts => alerts.Count == 1 && alerts[0]!["annotations"]!["object"]!.ToString() == "public.stays_idx" ? alerts[0] : null, "the one that stays");
            Assert.That(await stage.WaitingAsync("alertmanager"), Is.Zero);
        }
        await stop.CancelAsync();
        await sending;
    }

    private async Task<ChildProcess> StartAsync(string storage)
    {
        var alertmanager = ChildProcess.Start(Program, [$"--config.file={_directory.FullName}/config.yml", $"--storage.path={_directory.FullName}/{storage}", $"--web.listen-address=127.0.0.1:{_port}", "--cluster.listen-address="]);
        await Poll.UntilAsync(async _ => await TryAsync() is not null, Limit, "the Alertmanager: " + string.Join('\n', alertmanager.All));
        return alertmanager;
    }

    private async Task<JsonNode> UntilAsync(Func<JsonArray, JsonNode?> wanted, string what)
    {
        JsonNode? found = null;
        await Poll.UntilAsync(async _ => await TryAsync() is { } alerts && (found = wanted(alerts)) is not null, Limit, what);
        return found!;
    }

    private Task ToldAsync(string status) =>
        Poll.UntilAsync(_ => Task.FromResult(_receiver.Posts.Any(p => p.Json["status"]!.ToString() == status)), Limit, $"its receiver to be told {status}");

    private async Task<JsonArray?> TryAsync()
    {
        try
        {
            return JsonNode.Parse(await _http.GetStringAsync(Api))!.AsArray();
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }
}
