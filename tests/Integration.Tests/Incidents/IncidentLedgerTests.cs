using HealingWorkers.Integration.Tests.Ledger;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using NUnit.Framework;
using static HealingWorkers.Jobs.Incidents.IncidentState;

namespace HealingWorkers.Integration.Tests.Incidents;

public sealed class IncidentLedgerTests
{
    private Damaged _at = null!;

    [SetUp]
    public async Task SetUp() => _at = await Damaged.CreateAsync();

    [TearDown]
    public async Task TearDown() => await _at.DisposeAsync();

    [Test]
    public async Task A_target_is_known_by_what_it_is_and_not_by_its_name()
    {
        Assert.That(await _at.Incidents.RegisterTargetAsync("films", Damaged.Facts, default), Is.EqualTo(_at.Target));
        Assert.That(await _at.Incidents.TargetNamedAsync("films", default), Is.EqualTo(_at.Target));
        Assert.That(await _at.Incidents.TargetNamedAsync("movies", default), Is.Null);
        Assert.That(await _at.Incidents.RegisterTargetAsync("other", Damaged.Facts with { Id = new("1", 2) }, default), Is.Not.EqualTo(_at.Target));
    }

    [Test]
    public async Task An_older_ledger_keeps_no_plan_and_takes_no_approval_that_wants_one()
    {
        var incident = await _at.MoveAsync(await _at.OpenAsync(), AwaitingApproval);
        var decide = new IncidentDecisions(_at.Incidents, 3);
        var bound = await decide.ApproveAsync(incident.Id, "anna", "read it", 1, "cafe", default);
        Assert.That((bound.ApprovedRows, bound.ApprovedPlan), Is.EqualTo(((long?)1, "cafe")));
        var unbound = await decide.ApproveAsync(incident.Id, "berta", "all the same", 2, default);
        // approved once more, without a plan: the older one holds no longer
        Assert.That((unbound.ApprovedBy, unbound.ApprovedPlan), Is.EqualTo(("berta", (string?)null)));

        await new Migrator(_at.Ledger.ConnectionString, TimeProvider.System).GoToAsync(13, default);
        incident = await _at.MoveAsync(await _at.OpenAsync(FindingKind.IndexLeftover), AwaitingApproval);
        var refused = await Assert.ThrowsAsync<HealingException>(() => decide.ApproveAsync(incident.Id, "anna", "read it", 1, "cafe", default));
        Assert.That(refused!.Message, Is.EqualTo("not available until the ledger is at revision 14: it has no column approved_plan in healing.incidents"));
        Assert.That((await _at.AgainAsync(incident.Id)).ApprovedBy, Is.Null);
        Assert.That((await decide.ApproveAsync(incident.Id, "anna", "loses nothing", 1, default)).ApprovedBy, Is.EqualTo("anna"));
    }

    [Test]
    public async Task A_whole_repair_leaves_its_trail()
    {
        var lease = await _at.LeaseAsync();
        var incident = await _at.OpenAsync();
        var attempt = await _at.Incidents.BeginAttemptAsync(incident, lease.Fence, "worker-1", default);
        await _at.Incidents.RecordWorkAsync(incident.Id, attempt, lease.Fence, "[\"plan\"]", null, default);
        incident = await _at.MoveAsync(await _at.AgainAsync(incident.Id), Repairing, new Move("worker-1", "repairing") { Fence = lease.Fence });
        await _at.Incidents.RecordWorkAsync(incident.Id, attempt, lease.Fence, null, "[\"REINDEX\"]", default);
        incident = await _at.MoveAsync(incident, Verifying, new Move("worker-1", "verifying") { Fence = lease.Fence });
        incident = await _at.MoveAsync(incident, Resolved, new Move("worker-1", "healed") { Fence = lease.Fence, AttemptOutcome = "succeeded", Verification = "read back from disk" });
        Assert.That((incident.State, incident.Attempts, incident.ClosedAt is not null), Is.EqualTo((Resolved, 1, true)));
        var row = (await _at.Incidents.AttemptsAsync(incident.Id, default)).Single();
        Assert.That((row.Number, row.Outcome, row.Worker, row.Token, row.Repair, row.Plan, row.Statements, row.Verification, row.EndedAt is not null),
            Is.EqualTo((1, "succeeded", "worker-1", lease.Token, "rebuild_index", "[\"plan\"]", "[\"REINDEX\"]", "read back from disk", true)));
        Assert.That(await _at.AuditAsync(incident.Id), Is.EqualTo("incident.opened incident.snapshotting incident.repairing incident.verifying incident.resolved"));
        Assert.That(await _at.Ledger.ScalarAsync<string>("SELECT metadata->>'from' || ' ' || (metadata->>'token') FROM healing.audit_log ORDER BY id DESC LIMIT 1"), Is.EqualTo($"Verifying {lease.Token}"));
    }

    [Test]
    public async Task Only_one_of_many_movers_gets_through()
    {
        var incident = await _at.OpenAsync();
        var moves = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            try
            {
                await _at.MoveAsync(incident, AwaitingApproval);
                return 1;
            }
            catch (HealingWorkers.Jobs.Errors.HealingException)
            {
                return 0;
            }
        })));
        Assert.That(moves.Sum(), Is.EqualTo(1));
        Assert.That(await _at.AuditAsync(incident.Id), Is.EqualTo("incident.opened incident.awaitingapproval"));
    }

    [Test]
    public async Task A_move_that_is_not_in_the_table_is_refused_and_leaves_no_trace()
    {
        var incident = await _at.OpenAsync();
        var refusal = await Refusal.OfAsync(() => _at.MoveAsync(incident, Verifying));
        Assert.That(refusal.Message, Does.Contain("Detected").And.Contain("Verifying"));
        Assert.That(await _at.AuditAsync(incident.Id), Is.EqualTo("incident.opened"));
        Assert.That((await Refusal.OfAsync(() => _at.Incidents.MoveAsync(4711, Detected, Escalated, new Move("eve", "x"), default))).Message, Does.Contain("no incident 4711"));
    }

    [Test]
    public async Task A_stale_fence_writes_nothing()
    {
        var stale = await _at.LeaseAsync("worker-1");
        var incident = await _at.OpenAsync();
        await _at.Incidents.BeginAttemptAsync(incident, stale.Fence, "worker-1", default);
        await _at.ExpireLeaseAsync();
        var current = await _at.LeaseAsync("worker-2");
        incident = await _at.AgainAsync(incident.Id);
        var move = new Move("worker-1", "late") { Fence = stale.Fence };
        Assert.That(async () => await _at.MoveAsync(incident, Repairing, move), Throws.TypeOf<FencedException>());
        Assert.That(async () => await _at.Incidents.CrashedAsync(incident, stale.Fence, "worker-1", default), Throws.TypeOf<FencedException>());
        Assert.That(async () => await _at.Incidents.RecordWorkAsync(incident.Id, 1, stale.Fence, "[]", null, default), Throws.TypeOf<FencedException>());
        Assert.That((await _at.AgainAsync(incident.Id)).State, Is.EqualTo(Snapshotting));
        Assert.That((await _at.MoveAsync(incident, Repairing, move with { Fence = current.Fence })).State, Is.EqualTo(Repairing));
        await _at.Leases.ReleaseAsync(current, default);
        Assert.That(async () => await _at.Incidents.MoveAsync(incident.Id, Repairing, Verifying, move with { Fence = current.Fence }, default), Throws.TypeOf<FencedException>());
    }

    [Test]
    public async Task A_take_over_waits_for_the_write_that_stands_on_the_lease()
    {
        var lease = await _at.LeaseAsync();
        await _at.ExpireLeaseAsync();
        Task<Lease?>? successor = null;
        await _at.Ledger.Db.InTransactionAsync(async (connection, transaction) =>
        {
            await LeaseLedger.RequireAsync(connection, transaction, lease.Fence, default);
            successor = Task.Run(() => _at.Leases.TakeAsync(lease.Resource, "worker-2", null, TimeSpan.FromMinutes(1), default));
            await Task.WhenAny(successor, Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System));
            Assert.That(successor.IsCompleted, Is.False);
            return 0;
        }, default);
        Assert.That((await successor!)!.Token, Is.EqualTo(lease.Token + 1));
    }

    [Test]
    public async Task Attempts_are_bounded_and_a_failed_last_one_leaves_none()
    {
        var lease = await _at.LeaseAsync();
        var incident = await _at.OpenAsync();
        for (var i = 0; i < 3; i++)
            incident = await _at.FailAsync(incident, lease);
        Assert.That((incident.Attempts, incident.State), Is.EqualTo((3, Detected)));
        Assert.That((await Refusal.OfAsync(() => _at.Incidents.BeginAttemptAsync(incident, lease.Fence, "worker-1", default))).Message, Does.Contain("3 of 3"));
    }

    [Test]
    public async Task Reopened_it_has_three_more_and_numbers_go_on()
    {
        var lease = await _at.LeaseAsync();
        var incident = await _at.FailAsync(await _at.OpenAsync(), lease);
        incident = await _at.MoveAsync(incident, Escalated, new Move("worker-1", "not this way") { Reason = "refused", ApprovedBy = "adam" });
        incident = await _at.MoveAsync(incident, Detected, new Move("eve", "disk changed") { MoreAttempts = 3 });
        Assert.That((incident.Attempts, incident.AttemptsAllowed, incident.Reason, incident.ApprovedBy), Is.EqualTo((1, 4, (string?)null, (string?)null)));
        Assert.That(incident.NextRepairKey, Is.EqualTo($"repair:{incident.Id}:2"));
        Assert.That(await _at.Incidents.BeginAttemptAsync(incident, lease.Fence, "worker-1", default), Is.EqualTo(2));
    }

    [Test]
    public async Task A_crash_counts_and_the_last_one_escalates()
    {
        var incident = await _at.OpenAsync();
        for (var attempt = 1; attempt <= 3; attempt++)
        {
            var dead = await _at.LeaseAsync($"dead-{attempt}");
            await _at.Incidents.BeginAttemptAsync(incident, dead.Fence, dead.Holder, default);
            await _at.ExpireLeaseAsync();
            var next = await _at.LeaseAsync("next");
            incident = await _at.Incidents.CrashedAsync(await _at.AgainAsync(incident.Id), next.Fence, "next", default);
            Assert.That((incident.Attempts, incident.State), Is.EqualTo((attempt, attempt < 3 ? Detected : Escalated)));
            await _at.Leases.ReleaseAsync(next, default);
        }
        Assert.That((await _at.Incidents.AttemptsAsync(incident.Id, default)).Select(a => a.Outcome), Is.EqualTo(new[] { "crashed", "crashed", "crashed" }));
        Assert.That(incident.Reason, Does.Contain("Snapshotting"));
    }

    [Test]
    public async Task A_deferral_is_no_attempt_and_its_number_comes_again()
    {
        var lease = await _at.LeaseAsync();
        var incident = await _at.OpenAsync();
        await _at.Incidents.BeginAttemptAsync(incident, lease.Fence, "worker-1", default);
        incident = await _at.MoveAsync(await _at.AgainAsync(incident.Id), Repairing, new Move("worker-1", "go") { Fence = lease.Fence });
        var later = TimeProvider.System.GetUtcNow().AddMinutes(5);
        incident = await _at.MoveAsync(incident, AwaitingWindow, new Move("worker-1", "table is busy") { Fence = lease.Fence, CountDeferral = true, DueAt = later, Reason = "busy" });
        Assert.That((incident.Attempts, incident.Deferrals, incident.Reason), Is.EqualTo((0, 1, "busy")));
        Assert.That(incident.DeferredSince, Is.Not.Null);
        Assert.That(incident.DueAt, Is.EqualTo(later).Within(TimeSpan.FromMilliseconds(1)));
        Assert.That((await _at.Incidents.AttemptsAsync(incident.Id, default)).Single().Outcome, Is.EqualTo("deferred"));

        var again = await _at.Incidents.StayAsync(incident.Id, AwaitingWindow, new Move("worker-1", "still busy") { CountDeferral = true, DueAt = later }, default);
        Assert.That((again.Deferrals, again.DeferredSince), Is.EqualTo((2, incident.DeferredSince)));
        Assert.That(await _at.AuditAsync(incident.Id), Does.EndWith("incident.awaitingwindow incident.deferred"));

        Assert.That(await _at.Incidents.BeginAttemptAsync(again, lease.Fence, "worker-1", default), Is.EqualTo(1));
        var failed = await _at.MoveAsync(await _at.AgainAsync(incident.Id), Detected, new Move("worker-1", "failed") { Fence = lease.Fence, AttemptOutcome = "failed" });
        Assert.That((failed.Attempts, failed.Deferrals, failed.DeferredSince), Is.EqualTo((1, 0, (DateTimeOffset?)null)));
    }

    [Test]
    public async Task An_approval_is_written_down_and_makes_it_due()
    {
        var incident = await _at.MoveAsync(await _at.OpenAsync(), AwaitingApproval);
        Assert.That(await DueAsync(), Is.Empty);
        incident = await _at.Incidents.StayAsync(incident.Id, AwaitingApproval, new Move("eve", "go on") { ApprovedBy = "eve" }, default);
        Assert.That(incident.ApprovedBy, Is.EqualTo("eve"));
        Assert.That(await DueAsync(), Is.EqualTo(new[] { incident.Id }));
        Assert.That(await _at.AuditAsync(incident.Id), Does.EndWith("incident.changed"));
        incident = await _at.MoveAsync(incident, Escalated);
        await Refusal.OfAsync(() => _at.Incidents.StayAsync(incident.Id, Escalated, new Move("eve", "x"), default));
    }

    [Test]
    public async Task Due_is_what_waits_past_its_time_and_what_a_dead_hand_left()
    {
        var lease = await _at.LeaseAsync();
        var incident = await _at.OpenAsync();
        Assert.That(await DueAsync(), Is.EqualTo(new[] { incident.Id }));
        await _at.Incidents.BeginAttemptAsync(incident, lease.Fence, "worker-1", default);
        Assert.That(await DueAsync(), Is.Empty, "in hand");
        await _at.ExpireLeaseAsync();
        Assert.That(await DueAsync(), Is.EqualTo(new[] { incident.Id }), "the lease ran out");
        var next = await _at.LeaseAsync("worker-2");
        Assert.That(await DueAsync(), Is.EqualTo(new[] { incident.Id }), "another holds the lease, for another incident");
        incident = await _at.Incidents.CrashedAsync(await _at.AgainAsync(incident.Id), next.Fence, "worker-2", default);
        await _at.MoveAsync(incident, AwaitingWindow, new Move("worker-2", "later") { DueAt = TimeProvider.System.GetUtcNow().AddHours(1) });
        Assert.That(await DueAsync(), Is.Empty, "not yet");
        await _at.Ledger.ExecuteAsync("UPDATE healing.incidents SET due_at = clock_timestamp()");
        Assert.That(await DueAsync(), Is.EqualTo(new[] { incident.Id }));
        await _at.MoveAsync(await _at.AgainAsync(incident.Id), Escalated);
        Assert.That(await DueAsync(), Is.Empty, "with a person");
    }

    [TestCase("heap_page_invalid", true)]
    [TestCase("target_unreachable", false)]
    [TestCase("wraparound_near", false)]
    public async Task Without_a_repair_it_is_taken_up_where_it_is_critical_damage(string kind, bool due)
    {
        var taken = await _at.TakeInAsync(Damaged.Report(Damaged.Finding(FindingKind.Named(kind))));
        Assert.That((taken.Count, (await DueAsync()).Count()), Is.EqualTo(due ? (1, 1) : (0, 0)));
    }

    [Test]
    public async Task A_symptom_goes_to_a_person_once_no_other_damage_of_its_table_explains_it()
    {
        var symptom = Damaged.Finding(FindingKind.IndexCountDiffers) with { Evidence = new() { ["table_oid"] = 7 } };
        Assert.That(await _at.TakeInAsync(Damaged.Report(symptom)), Is.Empty, "the others are asked first");
        var id = (await DueAsync()).Single();

        var cause = (await _at.TakeInAsync(Damaged.Report(Damaged.Finding() with { Evidence = new() { ["table_oid"] = 7 } }))).Opened[0];
        Assert.That(await DueAsync(), Is.EqualTo(new[] { cause.Id }), "it may go away with what is repaired");
        await _at.MoveAsync(await _at.MoveAsync(cause, AwaitingApproval), Resolved);
        Assert.That(await DueAsync(), Is.Empty, "it was last seen before that");
        await _at.TakeInAsync(Damaged.Report(symptom));
        Assert.That(await DueAsync(), Is.EqualTo(new[] { id }), "it is still there");
    }

    [Test]
    public async Task Lists_by_state_target_kind_and_key()
    {
        var first = await _at.MoveAsync(await _at.OpenAsync(), Resolved);
        var second = await _at.OpenAsync();
        Assert.That(await IdsAsync(new()), Is.EqualTo(new[] { second.Id, first.Id }));
        Assert.That(await IdsAsync(new() { OpenOnly = true }), Is.EqualTo(new[] { second.Id }));
        Assert.That(await IdsAsync(new() { State = Resolved }), Is.EqualTo(new[] { first.Id }));
        Assert.That(await IdsAsync(new() { Before = second.Id, Limit = 1 }), Is.EqualTo(new[] { first.Id }));
        Assert.That(await IdsAsync(new() { Target = "other" }), Is.Empty);
        Assert.That(await IdsAsync(new() { Kind = "btree_corrupt", Target = "movies", Limit = 1 }), Is.EqualTo(new[] { second.Id }));
        Assert.That(await _at.Incidents.FindAsync(4711, default), Is.Null);
    }

    [Test]
    public async Task A_kind_that_only_a_newer_program_knows_can_be_read()
    {
        var incident = await _at.OpenAsync();
        await _at.Ledger.ExecuteAsync("UPDATE healing.incidents SET kind = 'from_the_future', risk = NULL");
        Assert.That((await _at.AgainAsync(incident.Id)).Kind.Name, Is.EqualTo("from_the_future"));
    }

    private async Task<IEnumerable<long>> DueAsync() => (await _at.Incidents.DueAsync(10, default)).Select(i => i.Id).ToList();

    private async Task<IEnumerable<long>> IdsAsync(IncidentFilter filter) => (await _at.Incidents.ListAsync(filter, default)).Select(i => i.Id).ToList();
}
