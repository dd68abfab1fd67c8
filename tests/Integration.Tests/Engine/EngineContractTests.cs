using HealingWorkers.Drill;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Engine;

/// <summary>What the port promises while all is well: three processes, whichever engine this was built with.</summary>
[TestFixture, NonParallelizable]
public sealed class EngineContractTests
{
    private const int Recurring = 6;
    private EngineFleet _fleet = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _fleet = await EngineFleet.CreateAsync(EngineCluster.Cluster);
        await _fleet.StartManyAsync(3, $"recurring={Recurring}");
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await _fleet.DisposeAsync();

    [Test]
    public async Task Each_of_many_runs_once_and_the_fleet_shares_them()
    {
        const int many = 120;
        for (var i = 0; i < many; i++)
        {
            Assert.That(await _fleet.AskAsync($"many:{i}", "test.count"), Is.Not.Null);
        }
        await _fleet.WaitForAsync("many:%", "ran", many);
        await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System);
        var runs = await _fleet.RunsAsync("many:%");
        Assert.Multiple(() =>
        {
            Assert.That(runs.GroupBy(r => r.Key).Where(g => g.Count() > 1).Select(g => g.Key), Is.Empty, "ran twice");
            Assert.That(runs, Has.Count.EqualTo(many));
            Assert.That(runs.Select(r => r.Pid).Distinct().Count(), Is.GreaterThan(1), "one process took all");
        });
    }

    [Test]
    public async Task The_same_key_twice_is_one_while_it_waits_and_while_it_runs()
    {
        var first = await _fleet.AskAsync("same", "test.sleep", seconds: 8);
        Assert.That(await _fleet.AskAsync("same", "test.sleep", 1.5), Is.Null, "while it waits");
        await _fleet.WaitForAsync("same", "began");
        Assert.That(await _fleet.AskAsync("same", "test.sleep", 1.5), Is.Null, "while it runs");
        Assert.That((await _fleet.EndAsync(first!.Id)).State, Is.EqualTo("succeeded"));
        var second = await _fleet.AskAsync("same", "test.sleep", 0);
        Assert.That(second, Is.Not.Null, "once it has ended it may come again");
        await _fleet.EndAsync(second!.Id);
        Assert.That((await _fleet.RunsAsync("same")).Count(r => r.What == "began"), Is.EqualTo(2));
    }

    [Test]
    public async Task A_delay_is_waited_for_and_not_much_longer()
    {
        var run = await _fleet.AskAsync("later", "test.count", delay: TimeSpan.FromSeconds(3));
        var ended = await _fleet.EndAsync(run!.Id);
        Assert.That(ended.StartedAt - ended.CreatedAt, Is.InRange(TimeSpan.FromSeconds(2), TimeSpan.FromMinutes(1)));
    }

    [Test]
    public async Task What_waits_is_cancelled_at_once_and_what_runs_is_asked_to_stop()
    {
        var waiting = await _fleet.AskAsync("waiting", "test.count", delay: TimeSpan.FromSeconds(10));
        Assert.That(await _fleet.Dispatcher.CancelAsync("waiting", "test", CancellationToken.None), Is.True);
        Assert.That((await _fleet.EndAsync(waiting!.Id)).State, Is.EqualTo("cancelled"));

        var running = await _fleet.AskAsync("running", "test.sleep", seconds: 60);
        await _fleet.WaitForAsync("running", "began");
        Assert.That(await _fleet.Dispatcher.CancelAsync("running", "test", CancellationToken.None), Is.True);
        Assert.That((await _fleet.EndAsync(running!.Id, TimeSpan.FromSeconds(10))).State, Is.EqualTo("cancelled"));

        await Task.Delay(TimeSpan.FromSeconds(10.5), TimeProvider.System);
        Assert.That(await _fleet.RunsAsync("waiting"), Is.Empty);
        Assert.That(await _fleet.Dispatcher.CancelAsync("nothing like it", "test", CancellationToken.None), Is.False);
    }

    [Test]
    public async Task Another_process_starts_what_was_asked_for_within_half_a_second()
    {
        var latencies = new List<TimeSpan>();
        for (var i = 0; i < 20; i++)
        {
            var ended = await _fleet.EndAsync((await _fleet.AskAsync($"wake:{i}", "test.count"))!.Id);
            latencies.Add(ended.StartedAt!.Value - ended.CreatedAt);
        }
        latencies.Sort();
        TestContext.Out.WriteLine($"{_fleet.Engine.Name}: median {latencies[10].TotalMilliseconds:0} ms, longest {latencies[^1].TotalMilliseconds:0} ms");
        Assert.That(latencies[10], Is.LessThan(TimeSpan.FromSeconds(3)), "who had to be found by looking would wait longer");
    }

    [Test]
    public async Task A_command_without_an_engine_is_heard()
    {
        var run = await _fleet.Command.RequestAsync(new("by hand", "test.count", null, [], "somebody"), CancellationToken.None);
        Assert.That((await _fleet.EndAsync(run!.Id, TimeSpan.FromSeconds(10))).State, Is.EqualTo("succeeded"));
    }

    [Test]
    public async Task The_history_tells_what_ran_where_and_what_it_said()
    {
        var ended = await _fleet.EndAsync((await _fleet.AskAsync("told", "test.count"))!.Id);
        var unknown = await _fleet.EndAsync((await _fleet.AskAsync("unknown job", "test.nothing"))!.Id);
        var history = await _fleet.Ledger.HistoryAsync(new() { Job = "test.count", State = "succeeded", Limit = 1000 }, CancellationToken.None);
        var told = history.Single(r => r.Id == ended.Id);
        Assert.Multiple(() =>
        {
            Assert.That(told.Note, Is.EqualTo("counted"));
            Assert.That(told.Log, Does.Contain("counted told"));
            Assert.That(told.Executions, Is.EqualTo(1));
            Assert.That(_fleet.Workers.Select(w => w.Pid), Has.Some.Matches<int>(pid => told.Worker!.Contains($":{pid}/", StringComparison.Ordinal)));
            Assert.That(unknown.State, Is.EqualTo("failed"));
            Assert.That(unknown.Error, Does.Contain("test.nothing"));
        });
    }

    [Test]
    public async Task A_recurring_job_fires_once_a_time_in_the_whole_fleet()
    {
        var states = await _fleet.Engine.RecurringAsync(CancellationToken.None);
        Assert.That(states.Select(s => s.Id), Is.EquivalentTo(Enumerable.Range(0, Recurring).Select(i => $"test.count:r{i}")));
        Assert.That(states.Select(s => s.Next), Has.All.Not.Null);
        await Poll.UntilAsync(async _ => (await SlotsAsync()).Count(s => s.RequestedBy == "schedule") >= Recurring * 2, TimeSpan.FromSeconds(150), "two times of each recurring job");
        await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System);
        var slots = await SlotsAsync();
        var ran = (await _fleet.RunsAsync("test.count:r%")).GroupBy(r => r.Run).ToDictionary(g => g.Key, g => g.Count());
        Assert.Multiple(() =>
        {
            Assert.That(slots.GroupBy(s => (s.RecurringId, s.Slot)).Where(g => g.Count() > 1), Is.Empty);
            Assert.That(slots.Where(s => ran.GetValueOrDefault(s.Id) != 1).Select(s => s.Id), Is.Empty, "not exactly once");
            Assert.That(slots.Where(s => s.RequestedBy == "schedule").Select(s => s.Slot!.Value.Second), Has.All.Zero);
            Assert.That(slots.Count(s => s.RequestedBy == "start"), Is.EqualTo(Recurring), "the first run comes at start, once in the fleet");
        });
    }

    private async Task<IReadOnlyList<Jobs.Schedule.JobRun>> SlotsAsync() =>
        [.. (await _fleet.Ledger.HistoryAsync(new() { Job = "test.count", State = "succeeded", Limit = 1000 }, CancellationToken.None)).Where(r => r.RecurringId is not null)];
}
