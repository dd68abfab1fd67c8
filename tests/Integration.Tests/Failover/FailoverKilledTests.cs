using HealingWorkers.Drill;
using HealingWorkers.Integration.Tests.Commands;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Failover;
using HealingWorkers.Jobs.Healing;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Failover;

/// <summary>One promotion whose process is killed at every station, in the middle of the fence too, and one that slept through it: the next call goes on, and nobody else is promoted.</summary>
[TestFixture]
internal sealed class FailoverKilledTests
{
    private const int Killed = 137;
    private Theatre _t = null!;
    private HealingProgram _program = null!;

    [OneTimeSetUp]
    public async Task OpenAsync()
    {
        _t = await Theatre.OpenAsync();
        _program = new();
        await _t.KnowAsync();
        await File.WriteAllTextAsync(_t.File("healing.yaml"),
            $$"""
            control: { connection: "{{_t.Ledger.ConnectionString}}" }
            backups: { provider: none }
            targets:
              - name: movies
                connection: "{{_t.Primary.ConnectionString(Theatre.Database)}}"
                standbys:
                  - { name: one, connection: "{{_t.One.ConnectionString(Theatre.Database)}}" }
                  - { name: two, connection: "{{_t.Two.ConnectionString(Theatre.Database)}}" }
                failover: { fence: "sh {{_t.File("fence")}}" }
            """);
        await File.WriteAllTextAsync(_t.File("fence"),
            $$"""
            echo ran >> {{_t.File("fences")}}
            if [ -e {{_t.File("die")}} ]; then
                while ! [ -s {{_t.File("pid")}} ]; do sleep 0.05; done
                kill -9 $(cat {{_t.File("pid")}})
                sleep 1
                echo survived > {{_t.File("survived")}}
            fi
            ! kill -0 $(head -1 {{_t.Primary.DataDirectory}}/postmaster.pid) 2>/dev/null
            """);
    }

    [OneTimeTearDown]
    public async Task CloseAsync()
    {
        await _program.DisposeAsync();
        await _t.DisposeAsync();
    }

    [Test]
    public async Task Killed_at_each_station_it_is_taken_up_and_one_standby_is_promoted_once()
    {
        await _t.Primary.KillAsync();

        await File.WriteAllTextAsync(_t.File("die"), "");
        Assert.That(await CallAsync("one", null), Is.EqualTo(Killed), "in the middle of the fence");
        File.Delete(_t.File("die"));
        Assert.That((await StateAsync(), await PromotedAsync()), Is.EqualTo(("begun", "")));

        // one that sleeps between its fence and its next word to the ledger
        using var wake = new ManualResetEventSlim();
        var asleep = new TaskCompletionSource();
        await using var target = _t.Target(o => o.Failover.Fence = $"sh {_t.File("fence")}");
        var sleeper = Task.Run(() => _t.Promotion(target, at =>
        {
            if (at == FailoverStation.Fenced)
            {
                asleep.SetResult();
                wake.Wait();
            }
        }).RunAsync("one", "sleeps", _ => { }, CancellationToken.None));
        await asleep.Task.WaitAsync(TimeSpan.FromMinutes(2));
        await LapseAsync();

        foreach (var (point, state, promoted, left) in new[]
        {
            (FaultPoint.FailoverBegun, "begun", "", 0), (FaultPoint.FailoverFenced, "begun", "", 0), (FaultPoint.FailoverPromoting, "promoting", "", 0), (FaultPoint.FailoverPromoted, "promoting", "one", 0),
            (FaultPoint.FailoverTold, "promoted", "one", 0), (FaultPoint.FailoverWritten, "promoted", "one", 1), (FaultPoint.FailoverProven, "promoted", "one", 0), (FaultPoint.FailoverDone, "done", "one", 0),
        })
        {
            Assert.That(await CallAsync("one", point), Is.EqualTo(Killed), point.ToString());
            Assert.That((await StateAsync(), await PromotedAsync(), await LeftAsync()), Is.EqualTo((state, promoted, promoted.Length == 0 ? 0 : left)), point.ToString());
            if (state is "promoting" or "promoted")
            {
                Assert.That(await _t.RefusedAsync("two", o => o.Failover.Fence = $"sh {_t.File("fence")}"), Does.Contain("promotion of one is in hand"), point.ToString());
            }
        }

        Assert.That(await CallAsync("two", null), Is.EqualTo(1), "the other one was left behind");
        Assert.That(await CallAsync("one", null), Is.EqualTo(1), "there is nothing to promote");
        wake.Set();
        var e = await Assert.ThrowsAsync<HealingException>(() => sleeper);
        Assert.That(e!.Message, Does.Contain("taken up"));

        var row = (await _t.Failovers.ListAsync("movies", 10, CancellationToken.None)).Single();
        Assert.That((row.State, row.Standby, row.TimelineBefore, row.TimelineAfter, row.Error), Is.EqualTo(("done", "one", 1, 2, null as string)));
        Assert.That(new[] { row.Fenced, row.Verified, row.Lost, row.PromotedLsn }, Has.All.Not.Null);
        Assert.That((await PromotedAsync(), await LeftAsync()), Is.EqualTo(("one", 0)));
        Assert.That(await _t.Ledger.ScalarAsync<int>("SELECT count(*)::int FROM healing.leases WHERE holder IS NOT NULL AND expires_at > clock_timestamp()"), Is.Zero);
        Assert.That(File.Exists(_t.File("survived")), Is.False, "the fence is ended with the one that ran it");
        // what the fence said to one that was cut off before it was promoted says nothing to the next
        Assert.That(await File.ReadAllLinesAsync(_t.File("fences")), Has.Length.EqualTo(5));
        Assert.That(await _t.One.ScalarAsync<int>(Theatre.Database, "SELECT count(*)::int FROM notes"), Is.EqualTo(3000));
    }

    /// <summary>The real command, killed where it is told to be; then the time of its lease is over.</summary>
    private async Task<int> CallAsync(string standby, FaultPoint? point)
    {
        _program.Environment[FaultInjector.Variable] = point is null ? null : $"{point}:kill";
        File.Delete(_t.File("pid"));
        var child = _program.Start("failover", "movies", "--to", standby, "--yes", "--config", _t.File("healing.yaml"));
        await File.WriteAllTextAsync(_t.File("pid"), child.Pid.ToString(System.Globalization.CultureInfo.InvariantCulture));
        var code = await child.WaitForExitAsync(TimeSpan.FromMinutes(1));
        await LapseAsync();
        return code;
    }

    private Task LapseAsync() => _t.Ledger.Db.LapseAsync();

    private async Task<string> StateAsync() => (await _t.Failovers.ListAsync("movies", 1, CancellationToken.None)).Single().State;

    private async Task<string> PromotedAsync()
    {
        var promoted = new List<string>();
        foreach (var standby in new[] { _t.One, _t.Two })
        {
            if (!await standby.ScalarAsync<bool>("postgres", "SELECT pg_is_in_recovery()"))
            {
                promoted.Add(standby.Name);
            }
        }
        return string.Join(',', promoted);
    }

    private async Task<int> LeftAsync() => await _t.One.ScalarAsync<int>(Theatre.Database, "SELECT count(*)::int FROM pg_largeobject_metadata");
}
