using HealingWorkers.Integration.Tests.Ledger;
using HealingWorkers.Jobs.Schedule;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Schedule;

public sealed class JobLedgerTests
{
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(1);
    private FreshLedger _ledger = null!;
    private JobLedger _jobs = null!;

    [SetUp]
    public async Task SetUp()
    {
        _ledger = await FreshLedger.CreateAsync();
        _jobs = new JobLedger(_ledger.Db);
    }

    [TearDown]
    public async Task TearDown() => await _ledger.DisposeAsync();

    [Test]
    public async Task A_request_keeps_all_that_was_asked()
    {
        var slot = new DateTimeOffset(2026, 1, 2, 3, 0, 0, TimeSpan.FromHours(2));
        var run = (await _jobs.RequestAsync(Request() with { RecurringId = "r", Slot = slot, TraceParent = "00-1-2-01" }, default))!;
        Assert.That((run.Key, run.Job, run.Target, run.Arguments, run.State, run.RequestedBy), Is.EqualTo(("repair:1:1", "repair", "movies", "{\"incident\": 1}", "pending", "eve")));
        Assert.That((run.RecurringId, run.Slot, run.TraceParent, run.Executions, run.Token), Is.EqualTo(("r", (DateTimeOffset?)slot, "00-1-2-01", 0, 0L)));
        Assert.That(await _jobs.FindAsync(run.Id, default), Is.EqualTo(run));
    }

    [Test]
    public async Task The_same_key_is_one_while_pending_or_running_and_free_afterwards()
    {
        var asked = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Task.Run(() => _jobs.RequestAsync(Request(), default))));
        var run = asked.Single(r => r is not null)!;
        var claim = await ClaimAsync(run.Id);
        Assert.That(await _jobs.RequestAsync(Request(), default), Is.Null);
        Assert.That(await _jobs.EndAsync(run.Id, claim.Run!.Token, "succeeded", "done", null, "log", default), Is.True);
        Assert.That(await _jobs.RequestAsync(Request(), default), Is.Not.Null);
    }

    [Test]
    public async Task A_slot_is_one_for_ever()
    {
        var slot = TimeProvider.System.GetUtcNow();
        var run = (await _jobs.RequestAsync(Request() with { RecurringId = "r", Slot = slot }, default))!;
        await _jobs.EndAsync(run.Id, (await ClaimAsync(run.Id)).Run!.Token, "succeeded", null, null, null, default);
        Assert.That(await _jobs.RequestAsync(Request() with { RecurringId = "r", Slot = slot }, default), Is.Null);
        Assert.That(await _jobs.RequestAsync(Request() with { RecurringId = "r", Slot = slot.AddMinutes(10) }, default), Is.Not.Null);
        Assert.That(await _jobs.LastSuccessAsync("r", default), Is.EqualTo(slot).Within(TimeSpan.FromMinutes(1)));
        Assert.That(await _jobs.LastSuccessAsync("never", default), Is.Null);
    }

    [Test]
    public async Task A_request_in_a_callers_transaction_goes_with_it()
    {
        try
        {
            await _ledger.Db.InTransactionAsync<int>(async (_, transaction) =>
            {
                Assert.That(await _jobs.RequestAsync(Request(), default, transaction), Is.Not.Null);
                throw new InvalidOperationException("rolled back");
            }, default);
        }
        catch (InvalidOperationException)
        {
            // as meant
        }
        Assert.That(await _jobs.HistoryAsync(new(), default), Is.Empty);
    }

    [Test]
    public async Task Of_a_lane_as_many_run_as_it_is_wide_and_the_next_waits_its_turn()
    {
        var runs = new List<JobRun>();
        for (var i = 0; i < 5; i++)
        {
            runs.Add((await _jobs.RequestAsync(new JobRequest($"t{i}", JobNames.IndexCheckTable, "movies", [], "eve"), default))!);
        }
        var other = (await _jobs.RequestAsync(new JobRequest("o", JobNames.IndexCheckTable, "books", [], "eve"), default))!;
        var claims = await Task.WhenAll(runs.Select(r => Task.Run(() => _jobs.ClaimAsync(r.Id, "w", Lease, default, laneWidth: 2))));
        var mine = claims.Select(c => c.Run).OfType<JobRun>().ToList();
        Assert.That(mine, Has.Count.EqualTo(2));
        Assert.That((await _jobs.ClaimAsync(other.Id, "w", Lease, default, laneWidth: 2)).Run, Is.Not.Null, "another target has a lane of its own");
        Assert.That(await _jobs.StrandedAsync(TimeSpan.Zero, 100, default, laneWidth: 2), Is.Empty, "nobody needs to deliver what waits its turn");
        await _jobs.EndAsync(mine[0].Id, mine[0].Token, "succeeded", null, null, null, default);
        var waiting = runs.Select(r => r.Id).Except(mine.Select(m => m.Id)).Order().ToList();
        Assert.That(await _jobs.NextInLaneAsync(mine[0], default), Is.EqualTo(waiting[0]));
        Assert.That((await _jobs.ClaimAsync(waiting[0], "w", Lease, default, laneWidth: 2)).Run, Is.Not.Null);
        Assert.That((await _jobs.ClaimAsync(waiting[1], "w", Lease, default, laneWidth: 2)).Run, Is.Null);
        Assert.That((await _jobs.ClaimAsync(waiting[1], "w", Lease, default)).Run, Is.Not.Null, "without lanes any number runs");
    }

    [Test]
    public async Task Of_many_claimers_one_runs_it()
    {
        var run = (await _jobs.RequestAsync(Request(), default))!;
        var claims = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => Task.Run(() => ClaimAsync(run.Id, $"w{i}"))));
        var claimed = claims.Single(c => c.Run is not null).Run!;
        Assert.That((claimed.State, claimed.Executions, claimed.Token), Is.EqualTo(("running", 1, 1L)));
        Assert.That(claims.Count(c => c == JobClaim.Nothing), Is.EqualTo(9));
    }

    [Test]
    public async Task Before_its_time_it_is_not_claimed_nor_stranded()
    {
        var run = (await _jobs.RequestAsync(Request() with { Delay = TimeSpan.FromMinutes(5) }, default))!;
        Assert.That(await ClaimAsync(run.Id), Is.EqualTo(JobClaim.Nothing));
        Assert.That(await StrandedAsync(), Is.Empty);
        await _ledger.ExecuteAsync("UPDATE healing.job_runs SET due_at = clock_timestamp() - interval '2 seconds'");
        Assert.That(await StrandedAsync(), Is.EqualTo(new[] { run.Id }));
        Assert.That(await _jobs.StrandedAsync(TimeSpan.FromMinutes(1), 10, default), Is.Empty, "within the grace");
        Assert.That((await ClaimAsync(run.Id)).Run, Is.Not.Null);
    }

    [Test]
    public async Task A_silent_holders_run_passes_on_and_the_holder_is_powerless()
    {
        var run = (await _jobs.RequestAsync(Request(), default))!;
        var first = (await ClaimAsync(run.Id, "a")).Run!;
        await FallSilentAsync();
        Assert.That(await StrandedAsync(), Is.EqualTo(new[] { run.Id }));
        var second = (await ClaimAsync(run.Id, "b")).Run!;
        Assert.That((second.Executions, second.Worker), Is.EqualTo((2, "b")));
        Assert.That(second.Token, Is.GreaterThan(first.Token));
        Assert.That(await _jobs.HeartbeatAsync("a", Lease, default), Is.Empty);
        Assert.That(await _jobs.EndAsync(run.Id, first.Token, "succeeded", null, null, null, default), Is.False);
        Assert.That(await _jobs.DeferAsync(run.Id, first.Token, Lease, "late", default), Is.False);
        Assert.That(await _jobs.HeartbeatAsync("b", Lease, default), Is.EqualTo(new[] { new RunPulse(run.Id, second.Token, false) }));
        Assert.That(await _jobs.EndAsync(run.Id, second.Token, "failed", null, "no", new string('x', 100_000), default), Is.True);
        var ended = (await _jobs.FindAsync(run.Id, default))!;
        Assert.That((ended.State, ended.Error, ended.Log!.Length), Is.EqualTo(("failed", "no", 64_000)));
        Assert.That(await _jobs.EndAsync(run.Id, second.Token, "succeeded", null, null, null, default), Is.False, "ended once");
    }

    [Test]
    public async Task A_heartbeat_keeps_a_run()
    {
        var run = (await _jobs.RequestAsync(Request(), default))!;
        await ClaimAsync(run.Id, "a");
        await FallSilentAsync();
        await _jobs.HeartbeatAsync("a", Lease, default);
        Assert.That(await ClaimAsync(run.Id, "b"), Is.EqualTo(JobClaim.Nothing));
    }

    [Test]
    public async Task What_kills_its_process_three_times_is_ended_and_told()
    {
        var run = (await _jobs.RequestAsync(Request(), default))!;
        for (var execution = 1; execution <= 3; execution++)
        {
            Assert.That((await ClaimAsync(run.Id)).Run!.Executions, Is.EqualTo(execution));
            await FallSilentAsync();
        }
        var claim = await ClaimAsync(run.Id);
        Assert.That(claim.Run, Is.Null);
        Assert.That((claim.Poisoned!.State, claim.Poisoned.Error, claim.Poisoned.Executions), Is.EqualTo(("failed", "killed its process 3 times", 3)));
        Assert.That(await ClaimAsync(run.Id), Is.EqualTo(JobClaim.Nothing), "told once");
        Assert.That(await _ledger.ScalarAsync<long>("SELECT count(*) FROM healing.audit_log WHERE event_type = 'job.poisoned'"), Is.EqualTo(1));
    }

    [Test]
    public async Task A_deferral_keeps_the_key_and_counts_no_execution()
    {
        var run = (await _jobs.RequestAsync(Request(), default))!;
        for (var i = 1; i <= 5; i++)
        {
            var claim = (await ClaimAsync(run.Id)).Run!;
            Assert.That(await _jobs.DeferAsync(run.Id, claim.Token, TimeSpan.Zero, "busy", default), Is.True);
            var waiting = (await _jobs.FindAsync(run.Id, default))!;
            Assert.That((waiting.State, waiting.Executions, waiting.Deferrals, waiting.Note, waiting.Key), Is.EqualTo(("pending", 0, i, "busy", run.Key)));
            Assert.That(await _jobs.RequestAsync(Request(), default), Is.Null);
        }
    }

    [Test]
    public async Task Cancelling_ends_what_waits_and_asks_what_runs()
    {
        Assert.That(await _jobs.CancelAsync("repair:1:1", "eve", default), Is.False);
        var waiting = (await _jobs.RequestAsync(Request(), default))!;
        Assert.That(await _jobs.CancelAsync(waiting.Key, "eve", default), Is.True);
        Assert.That((await _jobs.FindAsync(waiting.Id, default))!.State, Is.EqualTo("cancelled"));

        var run = (await _jobs.RequestAsync(Request(), default))!;
        var claim = (await ClaimAsync(run.Id, "a")).Run!;
        Assert.That(await _jobs.CancelAsync(run.Key, "eve", default), Is.True);
        Assert.That((await _jobs.HeartbeatAsync("a", Lease, default)).Single().CancelAsked, Is.True);
        await _jobs.DeferAsync(run.Id, claim.Token, Lease, "busy", default);
        Assert.That((await _jobs.FindAsync(run.Id, default))!.State, Is.EqualTo("cancelled"), "not deferred against a person's will");
        Assert.That(await _ledger.ScalarAsync<string>("SELECT string_agg(actor, ',') FROM healing.audit_log WHERE event_type = 'job.cancelled'"), Is.EqualTo("eve,eve"));
    }

    [Test]
    public async Task What_was_to_be_cancelled_when_its_process_died_is_cancelled()
    {
        var run = (await _jobs.RequestAsync(Request(), default))!;
        await ClaimAsync(run.Id, "a");
        await _jobs.CancelAsync(run.Key, "eve", default);
        await FallSilentAsync();
        Assert.That(await ClaimAsync(run.Id, "b"), Is.EqualTo(JobClaim.Nothing));
        Assert.That((await _jobs.FindAsync(run.Id, default))!.State, Is.EqualTo("cancelled"));
    }

    [Test]
    public async Task History_by_job_target_state_and_key()
    {
        var one = (await _jobs.RequestAsync(Request(), default))!;
        var two = (await _jobs.RequestAsync(Request() with { Key = "k", Job = "db.health_check", Target = null }, default))!;
        Assert.That(await IdsAsync(new()), Is.EqualTo(new[] { two.Id, one.Id }));
        Assert.That(await IdsAsync(new() { Job = "repair" }), Is.EqualTo(new[] { one.Id }));
        Assert.That(await IdsAsync(new() { Target = "movies" }), Is.EqualTo(new[] { one.Id }));
        Assert.That(await IdsAsync(new() { State = "running" }), Is.Empty);
        Assert.That(await IdsAsync(new() { Before = two.Id, Limit = 1 }), Is.EqualTo(new[] { one.Id }));
    }

    private static JobRequest Request() => new("repair:1:1", "repair", "movies", new() { ["incident"] = 1 }, "eve");

    private Task<JobClaim> ClaimAsync(long run, string worker = "w") => _jobs.ClaimAsync(run, worker, Lease, default);

    private Task FallSilentAsync() => _ledger.ExecuteAsync("UPDATE healing.job_runs SET lease_until = clock_timestamp() - interval '1 second' WHERE state = 'running'");

    private async Task<IEnumerable<long>> StrandedAsync() => (await _jobs.StrandedAsync(TimeSpan.Zero, 10, default)).Select(r => r.Id).ToList();

    private async Task<IEnumerable<long>> IdsAsync(JobRunFilter filter) => (await _jobs.HistoryAsync(filter, default)).Select(r => r.Id).ToList();
}
