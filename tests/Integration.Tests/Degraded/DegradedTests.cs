using System.Net;
using System.Net.Http.Json;
using HealingWorkers.Drill;
using HealingWorkers.Drill.Outages;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Degraded;

/// <summary>The control database stopped, and frozen with its sockets open, under load: nothing is lost, nobody waits, everything goes on by itself.</summary>
[TestFixture]
public sealed class DegradedTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Back = TimeSpan.FromSeconds(60);
    private OutageStage _stage = null!;

    [OneTimeSetUp]
    public async Task OpenAsync() => _stage = await OutageStage.OpenAsync(Path.Combine(AppContext.BaseDirectory, "healing"), ["stopped", "frozen", "lonely"], seconds: 6);

    [OneTimeTearDown]
    public async Task CloseAsync() => await _stage.DisposeAsync();

    [TestCase("stopped", 4)]
    [TestCase("frozen", 4)]
    public async Task Nothing_is_lost_and_nobody_waits(string how, int seconds)
    {
        await using var load = new OutageLoad(_stage.Address, clients: 4);
        await Poll.UntilAsync(() => load.All.Count(a => a.Status == 200) > 40, Back, "the dashboard to know everything");
        var memory = OutageStage.Memory(_stage.Dashboard);
        await TestContext.Out.WriteLineAsync($"before: {_stage.TellMemory()}");
        await _stage.BeginCheckAsync(how);
        load.Phase = "away";
        if (how == "frozen")
            _stage.Control.Freeze();
        else
            await _stage.Control.StopAsync();
        // Two names for the time in which it is not known yet, and after.
        await Poll.UntilAsync(() => load.Of("away").Any(a => a is { Path: "/readyz", Status: 503 }), Back, "the outage to be seen");
        await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System);
        load.Phase = "known";
        await Task.Delay(TimeSpan.FromSeconds(seconds), TimeProvider.System);
        await Poll.UntilAsync(() => _stage.Spooled().Count > 0, Back, "what the check found to be on disk");
        var spooled = _stage.Spooled();
        // What was asked for just before it came back may be answered after.
        load.Phase = "between";
        await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System);
        load.Phase = "coming back";
        if (how == "frozen")
            _stage.Control.Thaw();
        else
            await _stage.Control.StartAsync();
        await Poll.UntilAsync(async _ => (await _stage.FoundAsync(how)).Incidents == 1 && _stage.Spooled().Count == 0, Back, "what was found");
        await Poll.UntilAsync(() => load.Of("coming back").TakeLast(24).All(a => a.Status < 500 && !a.Stale), Back, "the dashboard to be as before");
        await TestContext.Out.WriteLineAsync($"{how}: {load.Tell("away")}\n{how}: {load.Tell("known")}\n{how}: {load.Tell("coming back")}\nafter: {_stage.TellMemory()}; {spooled.Count} reports had waited on disk");

        foreach (var file in spooled)
            Assert.That(await _stage.Control.ScalarAsync<long>(OutageStage.Ledger, "SELECT count(*) FROM healing.reports_taken WHERE id = @id::uuid", new { id = Path.GetFileNameWithoutExtension(file).Split('-')[1] }), Is.EqualTo(1));
        Assert.That(await _stage.FoundAsync(how), Is.EqualTo((1, 1)), "found once, opened once");
        Assert.That(_stage.Workers.Append(_stage.Dashboard).Count(p => p.HasExited), Is.Zero);
        var away = load.Of("away").Concat(load.Of("known")).ToList();
        Assert.That(load.All.Where(a => a.Took > Bound + load.StoodStill).Select(a => $"{a.Phase} {a.Path} {a.Took}"), Is.Empty);
        Assert.That(away.Where(a => a.Path == "/livez").Select(a => a.Status).Distinct(), Is.EqualTo(new[] { 200 }));
        // what stood still together with the machine may have been refused for it
        var known = load.Of("known").Where(a => a.Took < TimeSpan.FromSeconds(1.5)).ToList();
        Assert.That(known, Has.Count.GreaterThan(20));
        Assert.That(known.Where(a => a.Path is "/readyz" or "/healthz/database").Select(a => a.Status).Distinct(), Is.EqualTo(new[] { 503 }));
        Assert.That(known.Where(a => a.Path == OutageLoad.Change).Select(a => (a.Status, a.SaysWhen)).Distinct(), Is.EqualTo(new[] { (503, true) }));
        Assert.That(known.Where(a => a.Path is "/" or "/incidents" or "/jobs" or "/targets" || (a.Path.StartsWith("/api/v1", StringComparison.Ordinal))).Select(a => (a.Status, a.Stale)).Distinct(), Is.EqualTo(new[] { (200, true) }));
        Assert.That(OutageStage.Memory(_stage.Dashboard) - memory, Is.LessThan(150), "MiB more than before");
    }

    [Test]
    public async Task What_was_never_asked_is_refused_with_a_reason_and_when_to_come_again()
    {
        using var http = new HttpClient { BaseAddress = new Uri(_stage.Address) };
        await _stage.Control.StopAsync();
        try
        {
            await Poll.UntilAsync(async ct => (await http.GetAsync("/readyz", ct)).StatusCode == HttpStatusCode.ServiceUnavailable, Back, "the outage to be seen");
            await Task.Delay(TimeSpan.FromSeconds(4), TimeProvider.System);
            using var never = await http.GetAsync("/api/v1/incidents?kind=btree_corrupt&limit=7");
            using var change = await http.PostAsJsonAsync("/api/v1/pause", new { target = "stopped", reason = "test", actor = "test" });
            var body = await change.Content.ReadAsStringAsync();
            Assert.That((never.StatusCode, change.StatusCode, never.Headers.RetryAfter is not null, change.Headers.RetryAfter is not null),
                Is.EqualTo((HttpStatusCode.ServiceUnavailable, HttpStatusCode.ServiceUnavailable, true, true)));
            Assert.That(body, Does.Contain("ledger_unavailable").And.Contains("away since"));
        }
        finally
        {
            await _stage.Control.StartAsync();
        }
        await Poll.UntilAsync(async ct => (await http.GetAsync("/readyz", ct)).IsSuccessStatusCode, Back, "the dashboard to be ready again");
    }

    [Test]
    public async Task A_target_that_is_away_is_an_incident_of_its_own()
    {
        await LookAsync("lonely", 1);
        await _stage.Target.ExecuteAsync("postgres", "ALTER DATABASE lonely ALLOW_CONNECTIONS false");
        await _stage.Target.ExecuteAsync("postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'lonely'");
        await LookAsync("lonely", 2);
        await LookAsync("stopped", 1);
        Assert.That(await _stage.Control.QueryAsync<string>(OutageStage.Ledger, "SELECT t.name FROM healing.incidents i JOIN healing.targets t ON t.id = i.target_id WHERE i.kind = 'target_unreachable'"), Is.EqualTo(new[] { "lonely" }));
    }

    private async Task LookAsync(string target, long times)
    {
        await using var trigger = _stage.Run("trigger", "db.health_check", "--target", target);
        Assert.That(await trigger.WaitForExitAsync(Back), Is.Zero, string.Join('\n', trigger.All));
        await Poll.UntilAsync(async ct => await _stage.Control.ScalarAsync<long>(OutageStage.Ledger, "SELECT count(*) FROM healing.job_runs WHERE job = 'db.health_check' AND target = @target AND state = 'succeeded'", new { target }, ct: ct) == times,
            Back, $"health check {times} of {target}");
    }
}
