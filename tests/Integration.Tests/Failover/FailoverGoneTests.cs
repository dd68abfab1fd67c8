using HealingWorkers.Drill;
using HealingWorkers.Jobs.Failover;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Failover;

/// <summary>A standby that was told to promote dies for good: until a fence has cut it off nobody else is promoted, and then another is.</summary>
[TestFixture]
internal sealed class FailoverGoneTests
{
    private Theatre _t = null!;

    [OneTimeSetUp]
    public async Task OpenAsync() => _t = await Theatre.OpenAsync();

    [OneTimeTearDown]
    public async Task CloseAsync() => await _t.DisposeAsync();

    [Test]
    public async Task Another_one_is_promoted_once_the_fence_has_cut_it_off()
    {
        await _t.KnowAsync();
        await _t.Primary.KillAsync();
        await using (var target = _t.Target(o => o.Failover.Fence = "true"))
        {
            var told = _t.Promotion(target, at =>
            {
                if (at == FailoverStation.Promoting)
                    throw new InvalidOperationException("cut off after it was told");
            });
            await Assert.ThrowsAsync<InvalidOperationException>(() => told.RunAsync("one", "a test", _ => { }, CancellationToken.None));
        }
        Assert.That(await StatesAsync(), Is.EqualTo(new[] { "one promoting" }));
        Assert.That(await _t.RefusedAsync("two", o => o.Failover.Fence = "true"), Does.Contain("promotion of one is in hand").And.Contain("it is in recovery: finish it with --to one"));

        await _t.One.KillAsync();
        Assert.That(await _t.RefusedAsync("two"), Does.Contain($"{_t.One.Port} cannot be reached").And.Contain("no fence is configured"));
        Assert.That(await _t.RefusedAsync("two", o =>
        {
            o.Failover.Fence = "true";
            o.Standbys.RemoveAt(0);
        }), Does.Contain("does not name it any more"));
        Assert.That(await _t.RefusedAsync("two", o => o.Failover.Fence = "false"), Does.Contain("the fence exited with 1"));
        // it comes back while the fence says that it is cut off
        await File.WriteAllTextAsync(_t.File("slow"), $"touch {_t.File("began")}; while ! [ -e {_t.File("back")} ]; do sleep 0.1; done\n");
        var lied = _t.RefusedAsync("two", o => o.Failover.Fence = $"sh {_t.File("slow")}");
        await Poll.UntilAsync(_ => Task.FromResult(File.Exists(_t.File("began"))), TimeSpan.FromSeconds(30), "the fence to run");
        await _t.One.StartAsync();
        await File.WriteAllTextAsync(_t.File("back"), "");
        Assert.That(await lied, Does.Contain("the fence exited with 0, and a promotion of one is in hand"));
        await _t.One.KillAsync();
        Assert.That(await StatesAsync(), Is.EqualTo(new[] { "one promoting" }), "nothing that failed makes anybody forget it");

        await File.WriteAllTextAsync(_t.File("fence"), $"echo \"$HEALING_PRIMARY\" > {_t.File("asked")}\n");
        await using (var target = _t.Target(o => o.Failover.Fence = $"sh {_t.File("fence")}"))
        {
            var said = new List<string>();
            var plan = await _t.Promotion(target).PlanAsync("two", CancellationToken.None);
            Assert.That(plan.Told, Has.Some.Contains("its promotion is given up for this one"));
            var row = await _t.Promotion(target).RunAsync("two", "a test", said.Add, CancellationToken.None);
            Assert.That((row.Standby, row.State, row.Lost is null, row.Verified is null), Is.EqualTo(("two", "done", false, false)));
        }
        Assert.That(await File.ReadAllTextAsync(_t.File("asked")), Does.Contain($":{_t.Primary.Port}").And.Contain($":{_t.One.Port}"), "the fence is told of both");
        Assert.That(await StatesAsync(), Is.EqualTo(new[] { "two done", "one failed" }));
        Assert.That(await _t.Two.ScalarAsync<bool>("postgres", "SELECT pg_is_in_recovery()"), Is.False);
        Assert.That(await _t.Ledger.ScalarAsync<int>("SELECT count(*)::int FROM healing.audit_log WHERE event_type = 'failover_failed' AND message LIKE '%cut off by now, is given up for two'"), Is.EqualTo(1));
    }

    private async Task<string[]> StatesAsync() => [.. (await _t.Failovers.ListAsync("movies", 10, CancellationToken.None)).Select(r => $"{r.Standby} {r.State}")];
}
