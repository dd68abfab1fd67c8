using HealingWorkers.Drill;
using HealingWorkers.Jobs.Ledger;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Engine;

/// <summary>Drained through the live engine: what a worker has in hand it ends, what comes then is left to others.</summary>
[TestFixture]
public sealed class DrainTests
{
    [Test]
    public async Task A_drained_worker_ends_what_it_has_and_takes_nothing_until_it_may_again()
    {
        await using var fleet = await EngineFleet.CreateAsync(EngineCluster.Cluster);
        var drains = new Drains(fleet.Db);
        var first = await fleet.StartAsync();
        var held = await fleet.AskAsync("held", "test.sleep", seconds: 12);
        await fleet.WaitForAsync("held", "began");
        var id = await IdAsync(fleet, first.Pid);
        await drains.DrainAsync(DrainScope.Worker, id, "anna", "more memory", default);
        await first.WaitForLineAsync(l => l.Contains("Drained: nothing new is taken", StringComparison.Ordinal), EngineFleet.Limit);

        var waiting = await fleet.AskAsync("waiting", "test.count");
        var ended = await fleet.EndAsync(held!.Id);
        Assert.That((ended.State, ended.Executions), Is.EqualTo(("succeeded", 1)), "what runs goes on to its end");
        await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System);
        Assert.That((await fleet.Ledger.FindAsync(waiting!.Id, default))!.State, Is.EqualTo("pending"), "nothing new is taken, though it has room");
        Assert.That(first.HasExited, Is.False);

        var second = await fleet.StartAsync();
        await fleet.EndAsync(waiting.Id);
        Assert.That((await fleet.RunsAsync("waiting")).Select(r => r.Pid), Is.EqualTo(new[] { second.Pid }), "another one takes it");

        await drains.DrainAsync(DrainScope.Worker, await IdAsync(fleet, second.Pid), "anna", "now that one", default);
        await second.WaitForLineAsync(l => l.Contains("Drained: nothing new is taken", StringComparison.Ordinal), EngineFleet.Limit);
        Assert.That(await drains.ResumeAsync(DrainScope.Worker, id, "anna", "done", default), Is.True);
        await first.WaitForLineAsync(l => l.Contains("Not drained any more", StringComparison.Ordinal), EngineFleet.Limit);
        var after = await fleet.AskAsync("after", "test.count");
        await fleet.EndAsync(after!.Id);
        Assert.That((await fleet.RunsAsync("after")).Select(r => r.Pid), Is.EqualTo(new[] { first.Pid }));
    }

    private static async Task<string> IdAsync(EngineFleet fleet, int pid) =>
        (await new WorkerRegistry(fleet.Db).AliveAsync(TimeSpan.FromMinutes(1), default)).Single(w => w.Pid == pid).Id;
}
