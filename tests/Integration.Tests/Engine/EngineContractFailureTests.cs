using HealingWorkers.Drill;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Engine;

/// <summary>What the port promises when processes die, freeze and wake, or the store goes away.</summary>
[TestFixture, NonParallelizable]
public sealed class EngineContractFailureTests
{
    [Test]
    public async Task The_run_of_a_killed_process_is_taken_over()
    {
        await using var fleet = await EngineFleet.CreateAsync(EngineCluster.Cluster);
        await fleet.StartManyAsync(2);
        var run = await fleet.AskAsync("orphan", "test.sleep", seconds: 12);
        await fleet.WaitForAsync("orphan", "began");
        var first = (await fleet.RunsAsync("orphan")).Last(r => r.What == "began");
        fleet.WorkerOf(first.Pid).Send(Signal.Kill);

        var ended = await fleet.EndAsync(run!.Id);
        var runs = await fleet.RunsAsync("orphan");
        Assert.Multiple(() =>
        {
            Assert.That(ended.State, Is.EqualTo("succeeded"));
            Assert.That(ended.Executions, Is.EqualTo(2));
            Assert.That(runs.Where(r => r.What == "ended").Select(r => r.Pid), Is.EqualTo(fleet.Workers.Where(w => w.Pid != first.Pid).Select(w => w.Pid)));
        });
    }

    [Test]
    public async Task A_job_that_kills_its_process_three_times_is_given_up_and_told()
    {
        await using var fleet = await EngineFleet.CreateAsync(EngineCluster.Cluster);
        await fleet.StartManyAsync(4);
        var run = await fleet.AskAsync("killer", "test.die");
        var ended = await fleet.EndAsync(run!.Id, TimeSpan.FromSeconds(90));
        await Poll.UntilAsync(async _ => await CountAsync(fleet, "SELECT count(*) FROM healing.alerts WHERE event = 'job_poisoned' AND payload->>'message' LIKE '%killer%'") == 1, EngineFleet.Limit, "the alert");
        await Task.Delay(EngineFleet.Lease * 1.5, TimeProvider.System);
        Assert.Multiple(async () =>
        {
            Assert.That(ended.State, Is.EqualTo("failed"));
            Assert.That(ended.Error, Does.Contain("killed its process 3 times"));
            Assert.That(await fleet.RunsAsync("killer"), Has.Count.EqualTo(3));
            Assert.That(fleet.Workers.Count(w => !w.HasExited), Is.EqualTo(1));
            Assert.That(await CountAsync(fleet, "SELECT count(*) FROM healing.audit_log WHERE event_type = 'job.poisoned'"), Is.EqualTo(1));
        });
    }

    [Test]
    public async Task A_frozen_process_loses_its_run_and_its_late_end_is_refused()
    {
        await using var fleet = await EngineFleet.CreateAsync(EngineCluster.Cluster);
        await fleet.StartManyAsync(2);
        var run = await fleet.AskAsync("frozen", "test.stubborn", seconds: 12);
        await fleet.WaitForAsync("frozen", "began");
        var first = (await fleet.RunsAsync("frozen")).Last(r => r.What == "began");
        var sleeper = fleet.WorkerOf(first.Pid);
        sleeper.Send(Signal.Stop);
        await fleet.WaitForAsync("frozen", "began", 2);
        sleeper.Send(Signal.Continue);

        await Poll.UntilAsync(async _ => (await fleet.RunsAsync("frozen")).Any(r => r.Pid == first.Pid && r.What != "began"), EngineFleet.Limit, "the end of the sleeper");
        var ended = await fleet.EndAsync(run!.Id);
        await sleeper.WaitForLineAsync(line => line.Contains("its end is refused", StringComparison.Ordinal) || line.Contains("taken over by another process", StringComparison.Ordinal), EngineFleet.Limit);
        Assert.Multiple(() =>
        {
            Assert.That(ended.Note, Is.EqualTo("ended by execution 2"));
            Assert.That(ended.State, Is.EqualTo("succeeded"));
            Assert.That(ended.Executions, Is.EqualTo(2));
        });
        var after = await fleet.AskAsync("afterwards", "test.count");
        Assert.That((await fleet.EndAsync(after!.Id)).State, Is.EqualTo("succeeded"), "the fleet goes on");
    }

    /// <summary>A sixth of it is no whole number of milliseconds.</summary>
    [Test]
    public async Task A_lease_of_any_length_lets_processes_know_of_each_other()
    {
        await using var fleet = await EngineFleet.CreateAsync(EngineCluster.Cluster);
        var worker = await fleet.StartAsync("lease=10");
        if (fleet.Engine.Name == "quartz")
        {
            await Poll.UntilAsync(async _ => await CountAsync(fleet, "SELECT count(*) FROM quartz.qrtz_scheduler_state WHERE checkin_interval = 1667") == 1, EngineFleet.Limit, "it has checked in");
        }
        Assert.That((await fleet.EndAsync((await fleet.AskAsync("any length", "test.count"))!.Id)).State, Is.EqualTo("succeeded"));
        Assert.That(worker.All.Where(l => l.Contains("Error managing cluster", StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public async Task A_process_that_is_asked_to_end_hands_its_run_on_at_once()
    {
        await using var fleet = await EngineFleet.CreateAsync(EngineCluster.Cluster);
        await fleet.StartAsync("drain=1");
        await fleet.StartAsync("drain=1");
        var run = await fleet.AskAsync("drained", "test.sleep", seconds: 20);
        await fleet.WaitForAsync("drained", "began");
        var first = fleet.WorkerOf((await fleet.RunsAsync("drained"))[^1].Pid);
        first.Send(Signal.Terminate);
        Assert.That(await first.WaitForExitAsync(EngineFleet.Limit), Is.Zero);
        var ended = await fleet.EndAsync(run!.Id);
        Assert.Multiple(() =>
        {
            Assert.That(ended.State, Is.EqualTo("succeeded"));
            Assert.That(ended.Executions, Is.EqualTo(1), "an orderly stop is no crash");
            Assert.That(ended.Deferrals, Is.EqualTo(1));
        });
    }

    [Test]
    public async Task The_store_gone_for_half_a_minute_loses_nothing()
    {
        await using var cluster = await PgCluster.StartNewAsync(new PgClusterOptions { Settings = new Dictionary<string, string> { ["max_connections"] = "200" } });
        await using var fleet = await EngineFleet.CreateAsync(cluster);
        await fleet.StartManyAsync(2);
        var asked = new List<long>();
        for (var i = 0; i < 10; i++)
        {
            asked.Add((await fleet.AskAsync($"waits:{i}", "test.count", delay: TimeSpan.FromSeconds(20)))!.Id);
        }
        var running = await fleet.AskAsync("through it", "test.sleep", seconds: 2);
        await fleet.WaitForAsync("through it", "began");

        await cluster.StopAsync();
        await Task.Delay(TimeSpan.FromSeconds(30), TimeProvider.System);
        await cluster.StartAsync();

        foreach (var id in asked)
        {
            Assert.That((await fleet.EndAsync(id, TimeSpan.FromSeconds(60))).State, Is.EqualTo("succeeded"));
        }
        Assert.That((await fleet.EndAsync(running!.Id, TimeSpan.FromSeconds(60))).State, Is.EqualTo("succeeded"));
        Assert.That((await fleet.RunsAsync("waits:%")).GroupBy(r => r.Key).Select(g => g.Count()), Is.EqualTo(Enumerable.Repeat(1, 10)));
        Assert.That(fleet.Workers.Select(w => w.HasExited), Has.All.False);
        foreach (var worker in fleet.Workers)
        {
            Assert.That(worker.All.Count(l => l.Contains("The sweeper cannot work:", StringComparison.Ordinal) && l.Contains("goes on trying", StringComparison.Ordinal)), Is.LessThanOrEqualTo(3), "an outage is told of once, not again and again");
        }
    }

    private static Task<long> CountAsync(EngineFleet fleet, string sql) => EngineCluster.Cluster.ScalarAsync<long>(fleet.Database, sql);
}
