using HealingWorkers.Drill;
using HealingWorkers.Jobs.Options;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Failover;

/// <summary>The target's address leads to another standby by now, while the primary goes on writing under one that nobody names.</summary>
[TestFixture]
internal sealed class FailoverElsewhereTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private Theatre _t = null!;

    [OneTimeSetUp]
    public async Task OpenAsync() => _t = await Theatre.OpenAsync();

    [OneTimeTearDown]
    public async Task CloseAsync() => await _t.DisposeAsync();

    [Test]
    public async Task A_standby_that_answers_in_its_place_says_nothing_of_the_old_primary()
    {
        await _t.One.WaitForReplayAsync();
        await _t.Two.WaitForReplayAsync();
        await _t.KnowAsync();
        await CutOffAsync(_t.One);
        Assert.That(await _t.RefusedAsync("one", Elsewhere), Does.Contain("standby two still receives from a server").And.Contain("no fence is configured"));
        var two = $"{_t.Two.SocketDirectory}:{_t.Two.Port}";
        Assert.That(await _t.RefusedAsync("one", ElsewhereAndUnnamed), Does.Contain($"{two} is in recovery and receives from a server").And.Contain("no fence is configured"));
        await CutOffAsync(_t.Two);
        Assert.That(await _t.RefusedAsync("one", ElsewhereAndUnnamed), Does.Contain($"{two} is in recovery, and its data directory is another one than the primary had"));
        await File.WriteAllTextAsync(_t.File("named-only"), "[ -n \"$HEALING_PRIMARY\" ]");
        Assert.That(await _t.RefusedAsync("one", o =>
        {
            ElsewhereAndUnnamed(o);
            o.Failover.Fence = $"sh {_t.File("named-only")}";
        }), Does.Contain("the fence exited with 1"), "nobody pointed it at a standby");

        Assert.That(await _t.RefusedAsync("one", Elsewhere), Is.EqualTo(
            $"one is not promoted: {two} leads to standby two: nobody knows what became of the old primary: a primary that cannot be reached counts as alive, and no fence is configured"));
        Assert.That(await _t.RefusedAsync("one", o =>
        {
            Elsewhere(o);
            o.Standbys[1].Connection = "Host=127.0.0.1;Port=1;Database=movies;Username=postgres";
        }), Does.Contain($"{two} is in recovery, and may be standby two, which cannot be asked"));
        Assert.That(await _t.RefusedAsync("one", o =>
        {
            Elsewhere(o);
            o.Failover.Fence = "false";
        }), Does.Contain("the fence exited with 1"));
        await _t.Primary.ExecuteAsync(Theatre.Database, "INSERT INTO notes VALUES (7000001, 'on the other side of the broken network')");
        Assert.That(await _t.One.ScalarAsync<bool>("postgres", "SELECT pg_is_in_recovery()"), Is.True);

        // where another address leads to the old primary, and that is in recovery, it is known to take no writes
        var signal = Path.Combine(_t.Primary.DataDirectory, "standby.signal");
        await _t.Primary.StopAsync();
        await File.WriteAllTextAsync(signal, "");
        ServerUser.Current.Own(signal);
        await _t.Primary.StartAsync();
        await using (var both = _t.Target(o =>
        {
            Elsewhere(o);
            o.Connections.Check = _t.Primary.ConnectionString(Theatre.Database);
        }))
        {
            var plan = await _t.Promotion(both).PlanAsync("one", CancellationToken.None);
            Assert.That((plan.Unfenced, plan.Against(fence: false)), Is.EqualTo(((string?)null, (string?)null)));
            Assert.That(plan.Suspects, Is.EqualTo(new[] { $"{_t.Primary.SocketDirectory}:{_t.Primary.Port}" }));
        }
        await _t.Primary.StopAsync();
        File.Delete(signal);
        await _t.Primary.StartAsync();
        await _t.Primary.ExecuteAsync(Theatre.Database, "INSERT INTO notes VALUES (7000002, 'still there')");

        var (pid, asked) = (Path.Combine(_t.Primary.DataDirectory, "postmaster.pid"), _t.File("asked"));
        await File.WriteAllTextAsync(_t.File("fence"), $"echo \"[$HEALING_PRIMARY]\" >> {asked}\nkill -QUIT $(head -1 {pid})\nwhile [ -e {pid} ]; do sleep 0.1; done\n");
        await using var target = _t.Target(o =>
        {
            Elsewhere(o);
            o.Failover.Fence = $"sh {_t.File("fence")}";
        });
        var told = new List<string>();
        var row = await _t.Promotion(target).RunAsync("one", "the primary is on the other side", told.Add, CancellationToken.None);
        Assert.That((row.State, row.Fenced), Is.EqualTo(("done", "the fence exited with 0")), string.Join('\n', told));
        Assert.That(await File.ReadAllTextAsync(asked), Is.EqualTo("[]\n"), "it ran once, and nobody pointed it at a standby");
        Assert.That(_t.Primary.Server.IsRunning, Is.False);
        Assert.That(await _t.One.ScalarAsync<bool>("postgres", "SELECT pg_is_in_recovery()"), Is.False);
    }

    /// <summary>Nobody has named the standby that it leads to.</summary>
    private void ElsewhereAndUnnamed(TargetOptions options)
    {
        Elsewhere(options);
        options.Standbys.RemoveAt(1);
    }

    private void Elsewhere(TargetOptions options) => options.Connection = _t.Two.ConnectionString(Theatre.Database);

    /// <summary>It finds the primary no more.</summary>
    private static async Task CutOffAsync(PgStandby standby)
    {
        await standby.ExecuteAsync("postgres", "ALTER SYSTEM SET primary_conninfo = 'host=/nowhere'");
        await standby.ExecuteAsync("postgres", "SELECT pg_reload_conf()");
        await Poll.UntilAsync(async ct => await standby.ScalarAsync<long>("postgres", "SELECT count(*) FROM pg_stat_wal_receiver", ct: ct) == 0, Patience, "it receives nothing any more");
    }
}
