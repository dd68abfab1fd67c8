using System.Text.Json.Nodes;
using HealingWorkers.Integration.Tests.Commands;
using HealingWorkers.Integration.Tests.Dashboard;
using HealingWorkers.Integration.Tests.Dashboard.Pages;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Repairs;
using HealingWorkers.Jobs.Schedule;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Healing;

/// <summary>Single rows out of quarantine: what the ledger, the API, the pages and the command line make of it.</summary>
[TestFixture]
internal sealed class SomeRowsTests
{
    [Test]
    public async Task Some_of_ten_rows_come_back_and_again_with_audit_receipts_and_the_damage_left_alone()
    {
        await using var hospital = await Hospital.OpenAsync(500);
        var (id, finding, before) = await UndoneTests.RepairedAsync(hospital);
        var taken = await UndoneTests.HashAsync(hospital);
        var rows = await KeptAsync(hospital, id);

        var tried = await UndoneTests.UndoAsync(hospital, id, dryRun: true, Choose(rows.Take(3)));
        Assert.That((tried.Work.Rows, await UndoneTests.HashAsync(hospital)), Is.EqualTo((3L, taken)), "a try changes nothing");
        var some = await UndoneTests.UndoAsync(hospital, id, rows: Choose(rows.Take(3)));
        Assert.That((some.Incident.State, some.Work.Said), Is.EqualTo((IncidentState.Resolved, "3 chosen rows are back as they were, every value read back and compared; 7 are in the quarantine")));
        Assert.That((await hospital.FindAsync(id)).Reason, Is.EqualTo(some.Work.Said));
        var once = await UndoneTests.UndoAsync(hospital, id, rows: Choose(rows.Take(3)));
        Assert.That(once.Work.Said, Does.StartWith("the 3 chosen rows had come back already"));
        Assert.That(await hospital.AttemptsAsync(id), Has.Count.EqualTo(2), "asked for twice it is one deed");
        Assert.That((await hospital.TakeInAsync(new("test", Jobs.Checks.CheckStatus.Damaged, TimeSpan.Zero, null, [finding], [finding.Object.Oid]))).Single().State, Is.EqualTo(IncidentState.Suppressed), "tomorrow's run leaves them alone");

        await UndoneTests.UndoAsync(hospital, id, rows: Choose(rows.Take(3), again: true));
        Assert.That(await UndoneTests.HashAsync(hospital), Is.EqualTo(taken));
        Assert.That((await Assert.ThrowsAsync<HealingException>(() => UndoneTests.UndoAsync(hospital, id, rows: Choose(rows.Take(1)))))!.Message, Does.Contain("were taken again"));
        rows = await KeptAsync(hospital, id);
        Assert.That(rows, Has.Count.EqualTo(10));
        await UndoneTests.UndoAsync(hospital, id, rows: Choose(rows.Take(4)));
        var all = await UndoneTests.UndoAsync(hospital, id, rows: Choose(rows.Skip(4)));
        Assert.That((all.Incident.State, await UndoneTests.HashAsync(hospital)), Is.EqualTo((IncidentState.Undone, before)), "the last ones make it undone");
        Assert.That((await UndoneTests.UndoAsync(hospital, id)).Incident.State, Is.EqualTo(IncidentState.Resolved));
        Assert.That(await UndoneTests.HashAsync(hospital), Is.EqualTo(taken));

        var receipts = await new ReceiptLedger(hospital.Db).OfIncidentAsync(id, default);
        Assert.That(receipts.Select(r => (string?)JsonNode.Parse(r.Body)!["outcome"]), Is.EqualTo(new[] { "rows_back", "rows_again", "rows_back", "rows_back", "reapplied" }));
        Assert.That((await hospital.Factory().Receipts().VerifyAsync(id, hospital.Target, default)).Changed, Is.Empty);
        Assert.That((await new AuditLog(hospital.Db).ListAsync(id, null, 50, default)).Count(a => a is { EventType: "incident.rows_back" or "incident.rows_again", Actor: "somebody" }), Is.EqualTo(3));
    }

    [Test]
    public async Task One_that_died_before_the_ledger_was_told_is_told_by_the_next()
    {
        await using var hospital = await Hospital.OpenAsync(500);
        var (id, _, _) = await UndoneTests.RepairedAsync(hospital);
        var rows = await KeptAsync(hospital, id);
        var incident = await hospital.FindAsync(id);
        await using (var connection = await hospital.Target.OpenRepairAsync(default))
        {
            var session = new RepairSession(hospital.Target, await hospital.Target.FactsAsync(default), connection, 1) { Ledger = await new QuarantineLedger(hospital.Db).IdAsync(default), Attempt = incident.Attempts + 1 };
            await using var transaction = await connection.BeginTransactionAsync();
            await new SingleRows(session, incident, new StatementLog()).BackAsync(Choose(rows.Take(2)).Places, "the dead one", default);
            await transaction.CommitAsync();
        }
        var told = await UndoneTests.UndoAsync(hospital, id, rows: Choose(rows.Take(2)));
        Assert.That(told.Work.Said, Does.StartWith("the 2 chosen rows had come back already; 8 are"));
        Assert.That((await hospital.AttemptsAsync(id))[^1].Repair, Is.EqualTo("rows_back"));
    }

    [Test]
    public async Task They_are_chosen_on_the_page_in_the_api_and_on_the_command_line()
    {
        await using var hospital = await Hospital.OpenAsync(500);
        var (id, _, _) = await UndoneTests.RepairedAsync(hospital);
        await using var program = new HealingProgram();
        program.Environment["HEALING__CONTROL__CONNECTION"] = hospital.Db.ConnectionString;
        program.Environment["HEALING__TARGETS__0__NAME"] = "movies";
        program.Environment["HEALING__TARGETS__0__CONNECTION"] = Hospital.Cluster.ConnectionString(hospital.Database);
        var (_, listed, _) = await program.RunAsync("undo", $"{id}", "--list");
        var names = listed.Split('\n').Select(l => l.Split(' ')[0]).ToList();
        Assert.That(names, Has.Count.EqualTo(10));
        var (code, said, error) = await program.RunAsync("undo", $"{id}", "--rows", $"{names[0]},{names[3]}", "--yes", "--why", "these two");
        Assert.That((code, error), Is.EqualTo((0, "")));
        Assert.That(said, Does.Contain("2 chosen rows are back as they were").And.Contain("8 are in the quarantine"));
        Assert.That((await program.RunAsync("undo", $"{id}", "--rows", "nonsense", "--yes")).Error, Does.Contain("is no row in a quarantine"));

        await using var stage = await Stage.OpenAsync(hospital.Db.ConnectionString, o => o.Targets.Add(new TargetOptions { Name = "movies", Connection = Hospital.Cluster.ConnectionString(hospital.Database) }));
        using var visit = new Visit(stage.Http.BaseAddress!);
        Assert.That(await visit.GetAsync("/quarantine"), Does.Contain("2 of 10 are back"));
        Assert.That(await visit.GetAsync($"/quarantine/{id}"), Does.Contain("2 of 10 rows are back in their place").And.Contain($"value=\"{names[5]}\"").And.Contain("Take the chosen rows again"));
        var (_, kept) = await stage.GetAsync($"/api/v1/quarantine/{id}/rows");
        Assert.That(kept["items"]!.AsArray().Count(r => r!["restored_at"] is not null), Is.EqualTo(2));
        Assert.That(kept["items"]!.AsArray().Select(r => $"{r!["name"]}"), Is.EqualTo(names));
        Assert.That(await visit.PostAsync($"/quarantine/{id}", "/rows", ("reason", "this one")), Does.Contain("nothing was chosen"));
        Assert.That(await visit.PostAsync($"/quarantine/{id}", "/rows", ("reason", "this one"), ("row", names[5])), Does.Contain("a worker brings back 1 rows"));
        Assert.That((await stage.PostAsync($"/api/v1/incidents/{id}/undo", new { reason = "x", actor = "anna", rows = new[] { "1.1" } })).Status, Is.EqualTo(400));
        Assert.That((await stage.PostAsync($"/api/v1/incidents/{id}/undo", new { reason = "x", actor = "anna", rows = new[] { names[6] } })).Status, Is.EqualTo(409), "one is under way");

        var run = (await new JobLedger(hospital.Db).HistoryAsync(new() { Job = JobNames.Undo }, default)).Single();
        var rows = UndoRequests.Rows(JsonNode.Parse(run.Arguments)!.AsObject())!;
        Assert.That((rows.Places.Single().ToString(), rows.Again), Is.EqualTo((names[5], false)));
    }

    [Test]
    public async Task Those_of_an_escalated_incident_are_offered_by_all_three_as_well()
    {
        await using var hospital = await Hospital.OpenAsync(500);
        var (id, _, _) = await UndoneTests.RepairedAsync(hospital, IncidentState.Escalated);
        await using var program = new HealingProgram();
        program.Environment["HEALING__CONTROL__CONNECTION"] = hospital.Db.ConnectionString;
        program.Environment["HEALING__TARGETS__0__NAME"] = "movies";
        program.Environment["HEALING__TARGETS__0__CONNECTION"] = Hospital.Cluster.ConnectionString(hospital.Database);
        Assert.That((await program.RunAsync("incidents", "show", $"{id}")).Out, Does.Contain($"`healing undo {id}` brings them back"));
        var names = (await KeptAsync(hospital, id)).Select(r => r.Name).ToList();
        var (code, said, error) = await program.RunAsync("undo", $"{id}", "--rows", names[0], "--yes", "--why", "this one");
        Assert.That((code, error), Is.EqualTo((0, "")));
        Assert.That(said, Does.Contain("1 chosen rows are back as they were").And.Contain("it stays escalated"));
        Assert.That((await program.RunAsync("undo", $"{id}", "--rows", names[0], "--again", "--yes")).Error, Does.Contain("not taken again"));

        await using var stage = await Stage.OpenAsync(hospital.Db.ConnectionString, o => o.Targets.Add(new TargetOptions { Name = "movies", Connection = Hospital.Cluster.ConnectionString(hospital.Database) }));
        using var visit = new Visit(stage.Http.BaseAddress!);
        Assert.That(await visit.GetAsync("/quarantine"), Does.Contain("1 of 10 are back").And.Contain($"name=\"id\" value=\"{id}\""));
        Assert.That(await visit.GetAsync($"/quarantine/{id}"), Does.Contain($"value=\"{names[5]}\"").And.Not.Contain("Take the chosen rows again"));
        Assert.That(await visit.GetAsync($"/incidents/{id}"), Does.Contain("Bring the rows back").And.Contain("The incident stays escalated"));
        Assert.That((await stage.PostAsync($"/api/v1/incidents/{id}/undo", new { reason = "x", actor = "anna" })).Status, Is.EqualTo(202));
    }

    private static RowChoice Choose(IEnumerable<KeptRow> rows, bool again = false) => new([.. rows.Select(r => KeptPlace.Parse(r.Name)!)], again);

    private static async Task<IReadOnlyList<KeptRow>> KeptAsync(Hospital hospital, long id)
    {
        await using var connection = await hospital.Target.OpenRepairAsync(default);
        return await RowsInQuarantine.OfAsync(connection, await new QuarantineLedger(hospital.Db).IdAsync(default), id, null, 100, default);
    }
}
