using Dapper;
using HealingWorkers.Drill;
using HealingWorkers.Integration.Tests.Commands;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Repairs;
using HealingWorkers.Jobs.Targets;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Healing;

/// <summary>An incident whose repair took rows, undone and done again, with all that the ledger tells of it.</summary>
[TestFixture]
internal sealed class UndoneTests
{
    [Test]
    public async Task Undone_suppressed_and_done_again_with_a_receipt_each()
    {
        await using var hospital = await Hospital.OpenAsync(500);
        var (id, finding, before) = await RepairedAsync(hospital);
        var taken = await HashAsync(hospital);
        Assert.That(taken, Is.Not.EqualTo(before));
        var sound = await hospital.Factory().Receipts().VerifyAsync(id, hospital.Target, CancellationToken.None);
        Assert.That(sound.Changed, Is.Empty);

        var tried = await UndoAsync(hospital, id, dryRun: true);
        Assert.That(tried.Work.Statements, Has.Some.StartsWith("INSERT INTO public.casts"));
        Assert.That((await HashAsync(hospital), (await hospital.FindAsync(id)).State), Is.EqualTo((taken, IncidentState.Resolved)), "a try changes nothing");

        var undone = await UndoAsync(hospital, id);
        Assert.That((undone.Incident.State, undone.Work.Rows), Is.EqualTo((IncidentState.Undone, 10L)));
        Assert.That(await HashAsync(hospital), Is.EqualTo(before));

        // tomorrow's run leaves it alone, and says so once
        var found = (await hospital.TakeInAsync(Report(finding))).Single();
        Assert.That((found.State, found.Reason), Is.EqualTo((IncidentState.Suppressed, $"the repair of incident {id} was undone: it is left alone until it is reopened")));
        Assert.That((await hospital.TakeInAsync(Report(finding))).Single().Id, Is.EqualTo(found.Id));

        var again = await UndoAsync(hospital, id);
        Assert.That(again.Incident.State, Is.EqualTo(IncidentState.Resolved));
        Assert.That(await HashAsync(hospital), Is.EqualTo(taken));
        Assert.That((await hospital.FindAsync(found.Id)).State, Is.EqualTo(IncidentState.Closed));

        var attempts = await hospital.AttemptsAsync(id);
        Assert.That(attempts.Select(a => (a.Number, a.Repair, a.RowsQuarantined)), Is.EqualTo(new[] { (1, "test_repair", 10L), (2, "undo", 0L), (3, "undo_undone", 10L) }));
        var receipts = await new ReceiptLedger(hospital.Db).OfIncidentAsync(id, CancellationToken.None);
        Assert.That(receipts.Select(r => (string?)System.Text.Json.Nodes.JsonNode.Parse(r.Body)!["outcome"]), Is.EqualTo(new[] { "undone", "reapplied" }));
        var verdict = await hospital.Factory().Receipts().VerifyAsync(id, hospital.Target, CancellationToken.None);
        Assert.That(verdict.Changed, Is.Empty);
        Assert.That(verdict.Recomputed, Has.Some.Contains("every value in batch"));
        await Hospital.Cluster.ExecuteAsync(hospital.Database, "UPDATE healing_quarantine.rows SET vals[1] = '0' WHERE batch = (SELECT max(id) FROM healing_quarantine.batches)");
        Assert.That((await hospital.Factory().Receipts().VerifyAsync(id, hospital.Target, CancellationToken.None)).Changed, Has.Some.Contains("is not what was kept"));
        Assert.That(await hospital.Db.FirstAsync<long>("SELECT rows FROM healing.quarantines", null, CancellationToken.None), Is.EqualTo(20));
    }

    [Test]
    public async Task A_lossless_repair_has_nothing_to_bring_back()
    {
        await using var hospital = await Hospital.OpenAsync(500);
        await hospital.Damage.Index.ZeroLeafAsync("movies_title_idx");
        var (incident, outcome) = await hospital.HealOnlyAsync();
        Assert.That(incident.State, Is.EqualTo(IncidentState.Resolved), outcome.Note);
        var refused = await Assert.ThrowsAsync<HealingException>(async () => await UndoAsync(hospital, incident.Id));
        Assert.That(refused!.Message, Does.Contain("there is nothing to bring back"));
        Assert.That(await Hospital.Cluster.ScalarAsync<bool>(hospital.Database, "SELECT to_regnamespace('healing_quarantine') IS NULL"), Is.True);
    }

    [Test]
    public async Task Only_what_is_over_can_be_undone_and_not_while_repairs_are_paused()
    {
        await using var hospital = await Hospital.OpenAsync(500);
        await hospital.Damage.Index.ZeroLeafAsync("movies_title_idx");
        var open = (await hospital.CheckAsync()).Single();
        Assert.That((await Assert.ThrowsAsync<HealingException>(async () => await UndoAsync(hospital, open.Id)))!.Message, Does.Contain("is Detected: only what is Resolved, Escalated or Closed can be undone"));
        var (id, _, _) = await RepairedAsync(hospital);
        await new Pauses(hospital.Db).PauseAsync(null, "somebody", "wait", CancellationToken.None);
        await Assert.ThrowsAsync<HealingException>(async () => await UndoAsync(hospital, id, dryRun: true));
        Assert.That((await Assert.ThrowsAsync<HealingException>(async () => await UndoAsync(hospital, id)))!.Message, Does.Contain("are paused"));
        var noted = (await new AuditLog(hospital.Db).ListAsync(id, null, 50, default)).Where(a => a.EventType == "incident.undo_refused").ToList();
        Assert.That(noted.Select(a => a.Message), Is.EqualTo(new[] { "not undone: repairs of movies are paused, and an undo writes there as well (`healing resume` first.)" }), "on the incident's page as well; a try is no request");
    }

    [Test]
    public async Task What_came_back_before_its_process_died_is_told_to_the_ledger_by_the_next_undo()
    {
        await using var hospital = await Hospital.OpenAsync(500);
        var (id, _, before) = await RepairedAsync(hospital);
        await using (var connection = await hospital.Target.OpenRepairAsync(CancellationToken.None))
        {
            await using var transaction = await connection.BeginTransactionAsync();
            var ledger = await new QuarantineLedger(hospital.Db).IdAsync(CancellationToken.None);
            await new RowRestoration(connection, new StatementLog()).RunAsync(await QuarantineStore.BatchesAsync(connection, ledger, id, CancellationToken.None), "the dead one", CancellationToken.None);
            await transaction.CommitAsync();
        }
        var told = await UndoAsync(hospital, id);
        Assert.That(told.Incident.State, Is.EqualTo(IncidentState.Undone));
        Assert.That(told.Work.Said, Does.Contain("had come back already, by the dead one"));
        Assert.That(await HashAsync(hospital), Is.EqualTo(before));
    }

    [Test]
    public async Task Of_two_incidents_with_one_number_only_the_rows_of_its_own_come_back()
    {
        await using var hospital = await Hospital.OpenAsync(500);
        var saved = hospital.LedgerDatabase + "_saved";
        const string sessions = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = @ledger";
        await Hospital.Cluster.ExecuteAsync("postgres", sessions, new { ledger = hospital.LedgerDatabase });
        await Hospital.Cluster.ExecuteAsync("postgres", $"CREATE DATABASE {saved} TEMPLATE {hospital.LedgerDatabase}");
        var (lost, _, _) = await RepairedAsync(hospital);

        // the ledger is lost, and comes back from its backup as it was before
        await Hospital.Cluster.ExecuteAsync("postgres", $"DROP DATABASE {hospital.LedgerDatabase} WITH (FORCE)");
        await Hospital.Cluster.ExecuteAsync("postgres", $"CREATE DATABASE {hospital.LedgerDatabase} TEMPLATE {saved}");
        await Poll.UntilAsync(async _ => await AnswersAsync(hospital), TimeSpan.FromSeconds(30), "the ledger answers again");
        var (id, _, before) = await RepairedAsync(hospital);
        Assert.That(id, Is.EqualTo(lost), "the number is given again");
        Assert.That((await hospital.AttemptsAsync(id)).Single().RowsQuarantined, Is.EqualTo(10), "and the record of the other one's rows is not");
        var undone = await UndoAsync(hospital, id);
        Assert.That(undone.Work.Rows, Is.EqualTo(10));
        Assert.That(await HashAsync(hospital), Is.EqualTo(before), "what the other one took lies where it was");
        Assert.That(await Hospital.Cluster.ScalarAsync<long>(hospital.Database, "SELECT count(*) FROM healing_quarantine.batches WHERE undone_at IS NULL"), Is.EqualTo(1));
        await Hospital.Cluster.ExecuteAsync("postgres", $"DROP DATABASE {saved}");
    }

    /// <summary>Connections from before are found dead one by one.</summary>
    private static async Task<bool> AnswersAsync(Hospital hospital)
    {
        try
        {
            return await hospital.Db.FirstAsync<int>("SELECT 1", null, CancellationToken.None) == 1;
        }
        catch (Exception e) when (e is Npgsql.NpgsqlException or HealingException)
        {
            return false;
        }
    }

    [Test]
    public async Task Killed_in_the_middle_nothing_has_happened_and_the_next_one_does_it()
    {
        await using var hospital = await Hospital.OpenAsync(500);
        var (id, _, before) = await RepairedAsync(hospital);
        var taken = await HashAsync(hospital);
        await Hospital.Cluster.ExecuteAsync(hospital.Database, "CREATE FUNCTION slow() RETURNS boolean LANGUAGE sql AS 'SELECT pg_sleep(5) IS NOT NULL'; ALTER TABLE casts ADD CONSTRAINT slowly CHECK (slow()) NOT VALID");
        await using var program = new HealingProgram();
        program.Environment["HEALING__CONTROL__CONNECTION"] = hospital.Db.ConnectionString;
        program.Environment["HEALING__TARGETS__0__NAME"] = "movies";
        program.Environment["HEALING__TARGETS__0__CONNECTION"] = Hospital.Cluster.ConnectionString(hospital.Database);
        program.Environment["HEALING__WORKER__LEASE"] = "10s";
        var child = program.Start("undo", $"{id}", "--yes", "--why", "a test");
        await Poll.UntilAsync(async ct => await Hospital.Cluster.ScalarAsync<bool>(hospital.Database,
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'healing repair' AND wait_event = 'PgSleep' AND datname = current_database())", ct: ct), TimeSpan.FromSeconds(60), "it is in the middle of the undo");
        child.Send(Signal.Kill);
        await child.WaitForExitAsync(TimeSpan.FromSeconds(10));
        Assert.That((await HashAsync(hospital), (await hospital.FindAsync(id)).State), Is.EqualTo((taken, IncidentState.Resolved)));

        await Hospital.Cluster.ExecuteAsync(hospital.Database, "CREATE OR REPLACE FUNCTION slow() RETURNS boolean LANGUAGE sql AS 'SELECT true'");
        UndoOutcome? done = null;
        await Poll.UntilAsync(async _ => (done = await TryAsync(hospital, id)) is not null, TimeSpan.FromSeconds(60), "the lease of the dead one runs out");
        Assert.That(done!.Incident.State, Is.EqualTo(IncidentState.Undone));
        Assert.That(await HashAsync(hospital), Is.EqualTo(before));
        var (code, shown, _) = await program.RunAsync("incidents", "show", $"{id}");
        Assert.That((code, shown), Is.EqualTo((0, shown)));
        Assert.That(shown, Does.Contain("in quarantine by attempt 1 (test_repair): 10 rows, batch 1").And.Contain($"`healing undo {id}` does the repair again"));
    }

    [Test]
    public async Task What_is_older_than_its_time_goes_and_an_undo_says_so()
    {
        await using var hospital = await Hospital.OpenAsync(500);
        var (id, _, _) = await RepairedAsync(hospital);
        QuarantineRetention Retention() => new(new QuarantineLedger(hospital.Db), new TargetSet([hospital.Target]), TimeSpan.FromDays(1), NullLogger<QuarantineRetention>.Instance);
        await Hospital.Cluster.ExecuteAsync(hospital.Database, "UPDATE healing_quarantine.batches SET taken_at = now() - interval '29 days'");
        Assert.That(await Retention().RunAsync(CancellationToken.None), Is.Zero, "never less than 30 days, whatever was configured");
        await Hospital.Cluster.ExecuteAsync(hospital.Database, "UPDATE healing_quarantine.batches SET taken_at = now() - interval '31 days'");
        Assert.That(await Retention().RunAsync(CancellationToken.None), Is.Zero, "its incident was open until now: nobody had time to undo it");
        await hospital.Db.DoAsync("UPDATE healing.incidents SET closed_at = now() - interval '31 days'", null, CancellationToken.None);
        Assert.That(await Retention().RunAsync(CancellationToken.None), Is.EqualTo(10));
        Assert.That(await hospital.Db.FirstAsync<long>("SELECT rows FROM healing.quarantines", null, CancellationToken.None), Is.Zero);
        var refused = await Assert.ThrowsAsync<HealingException>(async () => await UndoAsync(hospital, id));
        Assert.That(refused!.Message, Does.Contain("when their time was over"));
    }

    [Test]
    public async Task What_attempts_took_comes_back_though_it_was_handed_to_a_person()
    {
        await using var hospital = await Hospital.OpenAsync(500);
        var (id, finding, before) = await RepairedAsync(hospital, IncidentState.Escalated);
        var taken = await HashAsync(hospital);
        await Hospital.Cluster.ExecuteAsync(hospital.Database, "UPDATE healing_quarantine.batches SET taken_at = now() - interval '100 days'");
        Assert.That(await hospital.Factory().QuarantineRetention().RunAsync(CancellationToken.None), Is.Zero, "it is open");
        // as before an upgrade: the same name and rows, under the identity that the server had then
        await hospital.Db.DoAsync("INSERT INTO healing.targets (system_identifier, database_oid, name, database_name, server_version) SELECT 'before', database_oid, name, database_name, server_version FROM healing.targets; INSERT INTO healing.quarantines SELECT (SELECT id FROM healing.targets WHERE system_identifier = 'before'), rows, at FROM healing.quarantines", null, CancellationToken.None);
        Assert.That(await hospital.Factory().QuarantineRetention().RunAsync(CancellationToken.None), Is.Zero, "it is open still");
        await hospital.Db.DoAsync("DELETE FROM healing.quarantines WHERE target_id = (SELECT id FROM healing.targets WHERE system_identifier = 'before'); DELETE FROM healing.targets WHERE system_identifier = 'before'", null, CancellationToken.None);
        Assert.That((await UndoAsync(hospital, id, dryRun: true)).Work.Rows, Is.EqualTo(10));
        var back = await UndoAsync(hospital, id);
        Assert.That((back.Incident.State, back.Incident.Reason, back.Work.Rows), Is.EqualTo((IncidentState.Escalated, "the third time", 10L)));
        Assert.That(await HashAsync(hospital), Is.EqualTo(before));
        Assert.That((await UndoAsync(hospital, id)).Work.Said, Does.StartWith("10 rows had come back already"));
        Assert.That((await hospital.AttemptsAsync(id)).Select(a => a.Repair), Is.EqualTo(new[] { "test_repair", "rows_back" }), "asked for twice it is one deed");

        // repaired anew it takes them again, and the undo of that is of that alone
        var decide = new IncidentDecisions(new IncidentLedger(hospital.Db), 3);
        await RepairAsync(hospital, await decide.ReopenAsync(id, "somebody", "it was wrong", CancellationToken.None), IncidentState.Resolved);
        Assert.That((await hospital.AttemptsAsync(id)).Select(a => a.RowsQuarantined), Is.EqualTo(new[] { 10L, 0L, 10L }));
        Assert.That(await HashAsync(hospital), Is.EqualTo(taken));
        Assert.That((await UndoAsync(hospital, id)).Incident.State, Is.EqualTo(IncidentState.Undone));
        Assert.That(await HashAsync(hospital), Is.EqualTo(before));
        Assert.That((await UndoAsync(hospital, id)).Incident.State, Is.EqualTo(IncidentState.Resolved));
        Assert.That(await HashAsync(hospital), Is.EqualTo(taken));
        Assert.That((await hospital.Factory().Receipts().VerifyAsync(id, hospital.Target, CancellationToken.None)).Changed, Is.Empty);
        Assert.That((await hospital.TakeInAsync(Report(finding))).Single().State, Is.EqualTo(IncidentState.Detected), "it was repaired after its undo");
    }

    [Test]
    public async Task Of_what_was_closed_they_come_back_as_well_and_are_left_alone()
    {
        await using var hospital = await Hospital.OpenAsync(500);
        var (id, finding, before) = await RepairedAsync(hospital, IncidentState.Escalated);
        await new IncidentDecisions(new IncidentLedger(hospital.Db), 3).CloseAsync(id, "somebody", "no more of it", CancellationToken.None);
        var back = await UndoAsync(hospital, id);
        Assert.That((back.Incident.State, back.Incident.Reason, back.Work.Rows), Is.EqualTo((IncidentState.Closed, "no more of it", 10L)));
        Assert.That(await HashAsync(hospital), Is.EqualTo(before));
        Assert.That((await hospital.Factory().Receipts().VerifyAsync(id, hospital.Target, CancellationToken.None)).Changed, Is.Empty);
        Assert.That((await hospital.TakeInAsync(Report(finding))).Single().State, Is.EqualTo(IncidentState.Suppressed), "tomorrow's run does not take them again");
    }

    /// <summary>An attempt that was put off did not count, and its number is taken all the same.</summary>
    [Test]
    public async Task What_was_taken_before_it_was_put_off_comes_back_and_the_ledger_is_told()
    {
        await using var hospital = await Hospital.OpenAsync(500);
        var (id, finding, before) = await RepairedAsync(hospital, IncidentState.AwaitingWindow);
        Assert.That((await hospital.FindAsync(id)).Attempts, Is.Zero);
        await new IncidentDecisions(new IncidentLedger(hospital.Db), 3).CloseAsync(id, "somebody", "no more of it", CancellationToken.None);
        Assert.That((await UndoAsync(hospital, id)).Work.Rows, Is.EqualTo(10));
        Assert.That(await HashAsync(hospital), Is.EqualTo(before));
        Assert.That((await hospital.AttemptsAsync(id)).Select(a => (a.Number, a.Repair, a.RowsQuarantined)), Is.EqualTo(new[] { (1, "test_repair", 10L), (2, "rows_back", 0L) }));
        Assert.That((await hospital.TakeInAsync(Report(finding))).Single().State, Is.EqualTo(IncidentState.Suppressed));
    }

    internal static Task<UndoOutcome> UndoAsync(Hospital hospital, long id, bool dryRun = false, RowChoice? rows = null) =>
        hospital.Factory().Undo().RunAsync(id, "worker", "somebody", "they were wanted", dryRun, CancellationToken.None, rows);

    /// <summary>Null while the lease of the one before runs.</summary>
    private static async Task<UndoOutcome?> TryAsync(Hospital hospital, long id)
    {
        try
        {
            return await UndoAsync(hospital, id);
        }
        catch (Exception e) when (e is TargetBusyException or FencedException)
        {
            return null;
        }
    }

    internal static Task<TableHash> HashAsync(Hospital hospital) => TableHash.OfAsync(Hospital.Cluster, hospital.Database, "casts");

    internal static CheckReport Report(Finding finding) => new("test", CheckStatus.Damaged, TimeSpan.Zero, null, [finding], [finding.Object.Oid]);

    /// <summary>An incident on its way through the ledger as a healer takes it, with ten rows in quarantine.</summary>
    /// <param name="end">Resolved, or Escalated after the rows were taken.</param>
    internal static async Task<(long Id, Finding Finding, TableHash Before)> RepairedAsync(Hospital hospital, IncidentState end = IncidentState.Resolved)
    {
        var before = await HashAsync(hospital);
        var facts = await hospital.Target.FactsAsync(CancellationToken.None);
        var oid = await Hospital.Cluster.ScalarAsync<long>(hospital.Database, "SELECT 'casts'::regclass::oid::bigint");
        var finding = Finding.Of("test", FindingKind.BtreeCorrupt, facts.Id, new RelationName(oid, "public.casts"), "ten rows too many", "ten") with { Repair = "test_repair", Risk = RiskClass.Quarantining };
        var incident = (await hospital.TakeInAsync(Report(finding))).Single(i => i.Fingerprint == finding.Fingerprint);
        await RepairAsync(hospital, incident, end);
        return (incident.Id, finding, before);
    }

    private static async Task RepairAsync(Hospital hospital, Incident incident, IncidentState end)
    {
        var facts = await hospital.Target.FactsAsync(CancellationToken.None);
        var oid = incident.Object.Oid;
        var ledgers = hospital.Factory().Ledgers();
        var lease = (await ledgers.Leases.TakeAsync(Lease.OfTarget(incident.TargetId), "worker", incident.Id, TimeSpan.FromMinutes(1), CancellationToken.None))!;
        await ledgers.Incidents.BeginAttemptAsync(incident, lease.Fence, "worker", CancellationToken.None);
        await ledgers.Incidents.MoveAsync(incident.Id, IncidentState.Snapshotting, IncidentState.Repairing, new Move("worker", "") { Fence = lease.Fence }, CancellationToken.None);
        incident = await hospital.FindAsync(incident.Id);
        await using (var connection = await hospital.Target.OpenRepairAsync(CancellationToken.None))
        {
            var session = new RepairSession(hospital.Target, facts, connection, lease.Token) { Ledger = await ledgers.Quarantines.IdAsync(CancellationToken.None), Attempt = incident.Attempts };
            await using (var transaction = await connection.BeginTransactionAsync())
            {
                await using var batch = await QuarantineBatch.OpenAsync(session, incident, "test_repair", "too many", new StatementLog(), CancellationToken.None);
                var places = (await connection.QueryAsync<string>("SELECT ctid::text FROM public.casts ORDER BY movie_id, person_id, role LIMIT 10 FOR UPDATE")).ToList();
                Assert.That(await batch.DeleteAsync(await QuarantineTable.OfAsync(connection, oid, CancellationToken.None), places, CancellationToken.None), Is.EqualTo(10));
                await transaction.CommitAsync();
            }
            Assert.That((await new QuarantineRecord(ledgers).TakeAsync(connection, incident, lease.Fence, CancellationToken.None)).Sum(q => q.Rows), Is.EqualTo(10));
        }
        if (end == IncidentState.AwaitingWindow)
        {
            await ledgers.Incidents.MoveAsync(incident.Id, IncidentState.Repairing, end, new Move("worker", "put off") { Fence = lease.Fence, Reason = "busy", CountDeferral = true }, CancellationToken.None);
            await ledgers.Leases.ReleaseAsync(lease, CancellationToken.None);
            return;
        }
        await ledgers.Incidents.MoveAsync(incident.Id, IncidentState.Repairing, IncidentState.Verifying, new Move("worker", "") { Fence = lease.Fence }, CancellationToken.None);
        await ledgers.Incidents.MoveAsync(incident.Id, IncidentState.Verifying, end,
            new Move("worker", "") { Fence = lease.Fence, AttemptOutcome = end == IncidentState.Resolved ? "succeeded" : "failed", Reason = "the third time" }, CancellationToken.None);
        await ledgers.Leases.ReleaseAsync(lease, CancellationToken.None);
    }
}
