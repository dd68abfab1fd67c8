using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using NUnit.Framework;
using static HealingWorkers.Jobs.Incidents.IncidentState;

namespace HealingWorkers.Integration.Tests.Incidents;

public sealed class TakeInTests
{
    private Damaged _at = null!;

    [SetUp]
    public async Task SetUp() => _at = await Damaged.CreateAsync();

    [TearDown]
    public async Task TearDown() => await _at.DisposeAsync();

    [Test]
    public async Task A_finding_opens_an_incident_to_be_repaired_with_all_that_was_said()
    {
        var finding = Damaged.Finding() with { Evidence = new() { ["block"] = 7 } };
        var taken = await _at.TakeInAsync(Damaged.Report(finding));
        var incident = taken.Single();
        Assert.That(incident, Is.EqualTo(taken.Opened.Single()));
        Assert.That((incident.State, incident.TargetName, incident.Kind, incident.Severity, incident.Check), Is.EqualTo((Detected, "movies", FindingKind.BtreeCorrupt, Severity.Critical, "btree")));
        Assert.That((incident.Object.Oid, incident.Object.Quoted, incident.Detail, incident.Repair, incident.Risk), Is.EqualTo((Damaged.Index, "public.movies_pkey", "item order", "rebuild_index", (RiskClass?)RiskClass.LosslessOnline)));
        Assert.That((incident.Attempts, incident.AttemptsAllowed, incident.Fingerprint), Is.EqualTo((0, 3, finding.Fingerprint)));
        Assert.That(incident.Evidence, Does.Contain("block"));
        Assert.That(incident.OpenedAt, Is.EqualTo(TimeProvider.System.GetUtcNow()).Within(TimeSpan.FromMinutes(1)));
        Assert.That(incident.NextRepairKey, Is.EqualTo($"repair:{incident.Id}:1"));
        Assert.That(await _at.AuditAsync(incident.Id), Is.EqualTo("incident.opened"));
    }

    [Test]
    public async Task Found_again_it_is_refreshed_and_still_one()
    {
        var first = await _at.OpenAsync();
        var again = await _at.TakeInAsync(Damaged.Report(Damaged.Finding(detail: "worse")));
        Assert.That(again.Single().Id, Is.EqualTo(first.Id));
        Assert.That(again.Opened, Is.Empty);
        Assert.That(again.Single().Detail, Is.EqualTo("worse"));
        Assert.That(again.Single().LastSeenAt, Is.GreaterThan(first.LastSeenAt));
    }

    [Test]
    public async Task What_was_resolved_while_a_check_still_looked_is_not_opened_by_what_it_saw_before()
    {
        var from = (await _at.Incidents.BeforeLookAsync(_at.Target, default)).At;
        await _at.OpenAsync();
        await _at.TakeInAsync(Damaged.Clean());
        Assert.That((await _at.TakeInAsync(Damaged.Clean())).Gone, Has.Count.EqualTo(1));
        Assert.That((await _at.TakeInAsync(Damaged.Report(Damaged.Finding()) with { LookedFrom = from })).Opened, Is.Empty);
        Assert.That((await _at.TakeInAsync(Damaged.Report(Damaged.Finding()) with { LookedFrom = (await _at.Incidents.BeforeLookAsync(_at.Target, default)).At })).Opened, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_clean_look_that_waited_on_disk_closes_nothing_that_was_seen_since()
    {
        var early = (await _at.Incidents.BeforeLookAsync(_at.Target, default)).At;
        var incident = await _at.OpenAsync();
        var late = (await _at.Incidents.BeforeLookAsync(_at.Target, default)).At;
        for (var n = 0; n < 3; n++)
            Assert.That((await _at.TakeInAsync(Damaged.Clean() with { LookedFrom = early, Elapsed = TimeSpan.Zero })).Gone, Is.Empty);
        Assert.That((await _at.AgainAsync(incident.Id)).State, Is.EqualTo(Detected));
        await _at.TakeInAsync(Damaged.Clean() with { LookedFrom = late });
        Assert.That((await _at.TakeInAsync(Damaged.Clean() with { LookedFrom = late })).Gone.Select(i => i.Id), Is.EqualTo(new[] { incident.Id }));
    }

    [Test]
    public async Task A_standby_speaks_only_for_what_was_never_seen_elsewhere()
    {
        var there = Damaged.Clean() with { FromStandby = true };
        await _at.TakeInAsync(Damaged.Report(Damaged.Finding()) with { FromStandby = true });
        await _at.TakeInAsync(there);
        Assert.That((await _at.TakeInAsync(there)).Gone, Has.Count.EqualTo(1), "seen at a standby, and gone there");
        var incident = (await _at.TakeInAsync(Damaged.Report(Damaged.Finding()) with { FromStandby = true })).Opened.Single();
        await _at.TakeInAsync(Damaged.Report(Damaged.Finding()));
        await _at.TakeInAsync(Damaged.Report(Damaged.Finding()) with { FromStandby = true });
        for (var n = 0; n < 3; n++)
            Assert.That((await _at.TakeInAsync(there)).Gone, Is.Empty, "the primary has it too");
        await _at.TakeInAsync(Damaged.Clean());
        Assert.That((await _at.TakeInAsync(Damaged.Clean())).Gone.Select(i => i.Id), Is.EqualTo(new[] { incident.Id }));
    }

    [Test]
    public async Task A_report_that_waited_on_disk_counts_as_of_when_it_was_looked()
    {
        var from = (await _at.Incidents.BeforeLookAsync(_at.Target, default)).At;
        var (old, older) = (from - TimeSpan.FromHours(1), from - TimeSpan.FromHours(2));
        var incident = (await _at.TakeInAsync(Damaged.Report(Damaged.Finding()) with { LookedFrom = old })).Opened.Single();
        Assert.That(incident.LastSeenAt, Is.EqualTo(old + TimeSpan.FromSeconds(1)).Within(TimeSpan.FromMilliseconds(1)));
        await _at.TakeInAsync(Damaged.Report(Damaged.Finding()) with { LookedFrom = older });
        Assert.That((await _at.AgainAsync(incident.Id)).LastSeenAt, Is.EqualTo(incident.LastSeenAt), "an older look is no later sight");
        await _at.TakeInAsync(Damaged.Clean(CheckStatus.Failed) with { LookedFrom = older });
        Assert.That(await _at.Ledger.ScalarAsync<string>("SELECT status || ' ' || (extract(epoch FROM clock_timestamp() - at) > 3000)::text || ' ' || (last_success_at = at)::text FROM healing.check_runs"), Is.EqualTo("damaged true true"));
    }

    [Test]
    public async Task Found_by_many_workers_at_once_it_is_one_incident()
    {
        var taken = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => Task.Run(() => _at.TakeInAsync(Damaged.Report(Damaged.Finding())))));
        Assert.That(taken.Sum(t => t.Opened.Count), Is.EqualTo(1));
        Assert.That(await _at.Ledger.ScalarAsync<long>("SELECT count(*) FROM healing.incidents"), Is.EqualTo(1));
        Assert.That(await _at.Ledger.ScalarAsync<int>("SELECT seen_count FROM healing.incidents"), Is.EqualTo(12));
    }

    [Test]
    public async Task Named_twice_in_one_report_it_is_one_incident() =>
        Assert.That((await _at.TakeInAsync(Damaged.Report(Damaged.Finding(), Damaged.Finding()))).Opened, Has.Count.EqualTo(1));

    [TestCase(Escalated)]
    [TestCase(Suppressed)]
    public async Task An_escalated_or_suppressed_one_found_again_stays_so_without_fresh_attempts(IncidentState state)
    {
        var incident = await _at.MoveAsync(await _at.OpenAsync(), state, new Move("eve", "no") { Reason = "because" });
        var taken = await _at.TakeInAsync(Damaged.Report(Damaged.Finding(detail: "other")));
        var after = await _at.AgainAsync(incident.Id);
        Assert.That(taken, Is.Empty);
        Assert.That(taken.Opened, Is.Empty);
        Assert.That((after.State, after.Attempts, after.AttemptsAllowed, after.Detail, after.Reason), Is.EqualTo((state, 0, 3, "item order", "because")));
        Assert.That(after.LastSeenAt, Is.GreaterThan(incident.LastSeenAt));
        Assert.That(await _at.Ledger.ScalarAsync<int>("SELECT seen_count FROM healing.incidents"), Is.EqualTo(2));
    }

    [Test]
    public async Task A_suppressed_one_comes_back_when_found_after_its_date()
    {
        var incident = await _at.MoveAsync(await _at.OpenAsync(), Suppressed, new Move("eve", "later") { DueAt = TimeProvider.System.GetUtcNow().AddSeconds(-1) });
        var taken = await _at.TakeInAsync(Damaged.Report(Damaged.Finding()));
        Assert.That(taken.Single().Id, Is.EqualTo(incident.Id));
        Assert.That(taken.Single().State, Is.EqualTo(Detected));
    }

    [Test]
    public async Task One_that_was_put_off_is_not_to_be_repaired_before_its_time()
    {
        var incident = await _at.OpenAsync();
        await _at.Incidents.StayAsync(incident.Id, Detected, new Move("w", "busy") { DueAt = TimeProvider.System.GetUtcNow().AddHours(1), CountDeferral = true }, default);
        Assert.That(await _at.TakeInAsync(Damaged.Report(Damaged.Finding())), Is.Empty);
    }

    [TestCase(Detected)]
    [TestCase(AwaitingApproval)]
    [TestCase(AwaitingWindow)]
    public async Task Two_clean_looks_resolve_what_waits(IncidentState state)
    {
        var incident = await _at.OpenAsync();
        if (state != Detected)
            await _at.MoveAsync(incident, state);
        Assert.That((await _at.TakeInAsync(Damaged.Clean())).Gone, Is.Empty);
        var gone = (await _at.TakeInAsync(Damaged.Clean())).Gone.Single();
        Assert.That((gone.Id, gone.State), Is.EqualTo((incident.Id, Resolved)));
        Assert.That(gone.Reason, Does.Contain("gone by itself"));
        Assert.That(gone.ClosedAt, Is.Not.Null);
        Assert.That(await _at.AuditAsync(incident.Id), Does.EndWith("incident.resolved"));
    }

    [Test]
    public async Task Clean_looks_count_only_in_a_row()
    {
        var incident = await _at.OpenAsync();
        await _at.TakeInAsync(Damaged.Clean());
        await _at.TakeInAsync(Damaged.Report(Damaged.Finding()));
        await _at.TakeInAsync(Damaged.Clean());
        Assert.That((await _at.AgainAsync(incident.Id)).State, Is.EqualTo(Detected));
    }

    [Test]
    public async Task What_was_not_examined_or_could_not_be_is_not_clean()
    {
        var incident = await _at.OpenAsync();
        for (var i = 0; i < 3; i++)
        {
            await _at.TakeInAsync(Damaged.Clean(CheckStatus.Clean, 99));
            await _at.TakeInAsync(Damaged.Clean(CheckStatus.Unavailable));
            await _at.TakeInAsync(Damaged.Clean() with { Check = "other" });
        }
        Assert.That((await _at.AgainAsync(incident.Id)).State, Is.EqualTo(Detected));
    }

    [TestCase(Escalated)]
    [TestCase(Suppressed)]
    [TestCase(Snapshotting)]
    public async Task Clean_looks_leave_alone_what_is_in_hand_or_with_a_person(IncidentState state)
    {
        var incident = await _at.MoveAsync(await _at.OpenAsync(), state);
        await _at.TakeInAsync(Damaged.Clean());
        await _at.TakeInAsync(Damaged.Clean());
        Assert.That((await _at.AgainAsync(incident.Id)).State, Is.EqualTo(state));
    }

    [Test]
    public async Task An_event_does_not_go_away_by_itself_and_is_somebodys_business()
    {
        var taken = await _at.TakeInAsync(Damaged.Report(Damaged.Finding(FindingKind.ChecksumFailures)));
        Assert.That(taken, Has.Count.EqualTo(1));
        await _at.TakeInAsync(Damaged.Clean());
        await _at.TakeInAsync(Damaged.Clean());
        Assert.That((await _at.AgainAsync(taken[0].Id)).State, Is.EqualTo(Detected));
    }

    [Test]
    public async Task An_outage_is_nothing_to_repair_and_goes_by_itself()
    {
        var taken = await _at.TakeInAsync(Damaged.Report(Damaged.Finding(FindingKind.TargetUnreachable)));
        Assert.That(taken, Is.Empty);
        Assert.That(taken.Opened, Has.Count.EqualTo(1));
        await _at.TakeInAsync(Damaged.Clean());
        Assert.That((await _at.TakeInAsync(Damaged.Clean())).Gone, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task The_third_within_30_days_escalates_at_once_and_points_at_the_hardware()
    {
        var third = await ThirdAsync(demonstration: false);
        Assert.That(third, Is.Empty);
        Assert.That(third.Escalated.Single().State, Is.EqualTo(Escalated));
        Assert.That(third.Escalated.Single().Reason, Does.Contain("3rd time within 30 days").And.Contain("hardware"));
        Assert.That(await _at.AuditAsync(third.Escalated[0].Id), Is.EqualTo("incident.opened incident.escalated"));
    }

    [Test]
    public async Task On_a_demonstration_target_the_third_is_one_like_the_others() =>
        Assert.That(await ThirdAsync(demonstration: true), Has.Count.EqualTo(1));

    [Test]
    public async Task The_third_counts_only_within_30_days()
    {
        await ResolvedAsync();
        await _at.Ledger.ExecuteAsync("UPDATE healing.incidents SET opened_at = opened_at - interval '31 days'");
        await ResolvedAsync();
        Assert.That(await _at.TakeInAsync(Damaged.Report(Damaged.Finding())), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_run_says_when_its_check_last_really_looked()
    {
        await _at.TakeInAsync(Damaged.Clean(CheckStatus.Unavailable) with { Reason = "no amcheck" });
        Assert.That(await _at.Ledger.ScalarAsync<string>("SELECT check_name || ' ' || status || ' ' || reason || coalesce(last_success_at::text, '') FROM healing.check_runs"), Is.EqualTo("btree unavailable no amcheck"));
        await _at.TakeInAsync(Damaged.Clean());
        var looked = await LookedAsync();
        Assert.That(looked, Is.Not.Null);
        await _at.TakeInAsync(Damaged.Clean(CheckStatus.Failed));
        Assert.That(await LookedAsync(), Is.EqualTo(looked));

        Task<string?> LookedAsync() => _at.Ledger.ScalarAsync<string>("SELECT last_success_at::text FROM healing.check_runs");
    }

    private async Task<TakenIn> ThirdAsync(bool demonstration)
    {
        await ResolvedAsync();
        await ResolvedAsync();
        return await _at.TakeInAsync(Damaged.Report(Damaged.Finding()), demonstration);
    }

    private async Task ResolvedAsync() => await _at.MoveAsync(await _at.OpenAsync(), Resolved);
}
