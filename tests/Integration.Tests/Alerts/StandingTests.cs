using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Alerts;
using HealingWorkers.Jobs.Options;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Alerts;

/// <summary>What an Alertmanager is sent, as it goes over the wire.</summary>
[TestFixture]
internal sealed class StandingTests
{
    private const int Open = 1_200;

    [Test]
    public async Task All_that_is_open_is_told_again_however_much_it_is_and_nothing_that_is_suppressed()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var stage = await AlertStage.OpenAsync(a => a.Alertmanager = receiver.Address);
        var oldest = await stage.Story.DamageAsync("oldest");
        await stage.Ledger.ExecuteAsync($"""
            INSERT INTO healing.incidents (target_id, fingerprint, kind, severity, check_name, object_oid, object, detail, state, attempts_allowed, due_at)
            SELECT target_id, fingerprint || n, kind, severity, check_name, n, 'public.i' || n, detail, CASE WHEN n > {Open - 1} THEN 'Suppressed' ELSE 'Detected' END, 3, now()
            FROM healing.incidents, generate_series(1, {Open - 1 + 1_100}) n WHERE id = {oldest.Id};
            DELETE FROM healing.alert_events
            """);
        await stage.DeliverAsync();
        var told = receiver.Posts.SelectMany(p => p.Json.AsArray()).Select(a => a!["annotations"]!["object"]!.ToString()).ToList();
        Assert.That(told, Has.Count.EqualTo(Open).And.Contains("public.oldest").And.Contains($"public.i{Open - 1}").And.None.EqualTo($"public.i{Open}"));
        Assert.That(told, Is.Unique);
    }

    [TestCase("job_poisoned", "HealingJobPoisoned")]
    [TestCase("checksums_verified", "HealingChecksumsVerified")]
    [TestCase("test", "HealingTest")]
    public async Task What_belongs_to_no_incident_has_the_name_of_what_it_tells(string what, string name)
    {
        await using var receiver = await Receiver.StartAsync();
        await using var stage = await AlertStage.OpenAsync(a =>
        {
            a.Alertmanager = receiver.Address;
            a.Routes.Add(new AlertRoute { Sink = "alertmanager", Severity = AlertSeverity.Info });
        });
        await stage.Queue.QueueAsync(new Alert($"{what}:1", what, "info", null, "movies", what, "movies", "said", "Nothing.", null, TimeProvider.System.GetUtcNow()), null, default);
        await stage.DeliverAsync();
        JsonNode alert = receiver.Posts.SelectMany(p => p.Json.AsArray()).Single()!;
        Assert.That(alert["labels"]!["alertname"]!.ToString(), Is.EqualTo(name));
    }
}
