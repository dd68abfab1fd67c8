using System.Text.Json;
using System.Text.Json.Nodes;
using HealingWorkers.Drill;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Targets;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Healing;

/// <summary>An index without which nobody gets in is gone, on a server of its own; the target was never reached before.</summary>
[TestFixture, NonParallelizable]
internal sealed class LockedOutTests
{
    [Test]
    public async Task Found_shown_approved_and_rebuilt_and_everybody_gets_in_again()
    {
        await using var hospital = await Hospital.OpenAsync(100);
        await using var server = await LockedAsync();
        var began = await StartAsync(server);
        var config = Path.Combine(hospital.Options.StateDirectory, "healing.yaml");
        await File.WriteAllTextAsync(config, $$"""
            targets:
              - name: own
                connection: {{JsonSerializer.Serialize(server.ConnectionString("movies"))}}
                data_directory: {{server.DataDirectory}}
            """);

        var (looked, told) = await hospital.CommandAsync("check", "--config", config, "--target", "own", "--format", "json");
        Assert.That(looked, Is.EqualTo(2), told);
        var finding = JsonNode.Parse(told)!["findings"]!.AsArray().Single()!;
        Assert.That(((string?)finding["kind"], (string?)finding["object"], (string?)finding["repair"], (string?)finding["risk"]), Is.EqualTo(("catalogue_locks_out", "movies", "rebuild_catalogue", "manual")));
        Assert.That((string?)finding["detail"], Does.Contain("pg_class_oid_index").And.Contain("REINDEX SYSTEM"));

        var (dry, plan) = await hospital.CommandAsync("heal", "--config", config, "--target", "own", "--dry-run");
        Assert.That(dry, Is.EqualTo(2), plan);
        Assert.That(plan, Does.Contain($"pg_ctl stop -D {server.DataDirectory} -m fast").And.Contain("--single -P").And.Contain("REINDEX SYSTEM \"movies\"").And.Contain($"pg_ctl start -D {server.DataDirectory}").And.Contain("every session of the whole server ends"));

        var (asked, waits) = await hospital.CommandAsync("heal", "--config", config, "--target", "own", "--approve-all", "--format", "json");
        Assert.That(asked, Is.EqualTo(2), waits);
        var incident = JsonNode.Parse(waits)!["incidents"]!.AsArray().Single()!;
        Assert.That((string?)incident["state"], Is.EqualTo("AwaitingApproval"), waits);
        Assert.That(await StartAsync(server), Is.EqualTo(began), "nobody approved it");

        var id = incident["id"]!.ToString();
        var (approved, shown) = await hospital.CommandAsync("approve", id, "--config", config, "--yes");
        Assert.That(approved, Is.Zero, shown);
        Assert.That(shown, Does.Contain("REINDEX SYSTEM \"movies\""));
        var (healed, said) = await hospital.CommandAsync("heal", "--config", config, "--target", "own", "--format", "json");
        Assert.That(healed, Is.Zero, said);
        var cured = JsonNode.Parse(said)!["incidents"]!.AsArray().Single()!;
        Assert.That(((string?)cured["state"], (bool?)cured["verified"]), Is.EqualTo(("Resolved", (bool?)true)), said);
        Assert.That((string?)cured["reason"], Does.Contain("btree is clean on"));
        Assert.That(await StartAsync(server), Is.GreaterThan(began));
        Assert.That(await server.ScalarAsync<long>("movies", "SELECT count(*) FROM movies"), Is.EqualTo(300));
        Assert.That(await server.ScalarAsync<long>("movies", $"SELECT count(*) FROM (SELECT bt_index_check('{CatalogueDamage.Critical}', true)) AS sound"), Is.EqualTo(1));
        var attempt = (await hospital.AttemptsAsync(long.Parse(id, System.Globalization.CultureInfo.InvariantCulture))).Single();
        Assert.That(attempt.Outcome, Is.EqualTo("succeeded"));
        Assert.That(attempt.Statements, Does.Contain("--single -P").And.Contain("REINDEX SYSTEM"));
        Assert.That((await hospital.CommandAsync("receipt", id, "--verify", "--config", config)).Code, Is.Zero);
    }

    [Test]
    public async Task Where_the_server_is_not_ours_to_stop_a_person_is_called_with_the_commands()
    {
        await using var hospital = await Hospital.OpenAsync(100);
        await using var server = await LockedAsync();
        var began = await StartAsync(server);
        await using var target = TargetOf(server, "");
        var found = await FoundAsync(hospital, target, due: true);
        Assert.That((found.Kind, found.Repair, found.Risk), Is.EqualTo((FindingKind.CatalogueLocksOut, (string?)null, (RiskClass?)null)));
        var outcome = await Factory(hospital, target).Create().HealAsync(found.Id, "worker", CancellationToken.None);
        Assert.That(outcome.State, Is.EqualTo(IncidentState.Escalated));
        Assert.That((await hospital.FindAsync(found.Id)).Reason, Does.Contain("--single -P").And.Contain("REINDEX SYSTEM \"movies\"").And.Contain("pg_class_oid_index"));
        Assert.That(await StartAsync(server), Is.EqualTo(began));
    }

    [Test]
    public async Task Where_it_cannot_be_built_the_server_runs_again_and_a_person_is_called_after_one_try()
    {
        await using var hospital = await Hospital.OpenAsync(100);
        await using var server = await LockedAsync(async editor => await editor.EditAsync("pg_catalog.pg_description", new DamageMode(Live: false), (file, fix) => file.Write(1, [.. Enumerable.Repeat((byte)0xEE, PageFile.PageSize)], fix)));
        var began = await StartAsync(server);
        await using var target = TargetOf(server, server.DataDirectory);
        var found = await FoundAsync(hospital, target, due: true);
        var healer = Factory(hospital, target).Create();
        Assert.That((await healer.HealAsync(found.Id, "worker", CancellationToken.None)).State, Is.EqualTo(IncidentState.AwaitingApproval));
        var decisions = new IncidentDecisions(new IncidentLedger(hospital.Db), 3);
        await decisions.ApproveAsync(found.Id, "somebody", "another plan", rows: null, plan: "0", CancellationToken.None);
        Assert.That((await healer.HealAsync(found.Id, "worker", CancellationToken.None)).State, Is.EqualTo(IncidentState.AwaitingApproval), "it is another plan than the one that was read");
        Assert.That(await StartAsync(server), Is.EqualTo(began));

        await decisions.ApproveAsync(found.Id, "somebody", "it must be", CancellationToken.None);
        var outcome = await healer.HealAsync(found.Id, "worker", CancellationToken.None);

        Assert.That(outcome.State, Is.EqualTo(IncidentState.Escalated), outcome.Note);
        Assert.That(outcome.Note, Does.Contain("the server runs again as before").And.Contain("--single -P"));
        Assert.That(await StartAsync(server), Is.GreaterThan(began));
        Assert.That((await hospital.AttemptsAsync(found.Id)).Single().Outcome, Is.EqualTo("failed"));
    }

    [Test]
    public async Task A_session_that_begins_says_that_it_is_over_and_a_healthy_target_is_clean()
    {
        await using var hospital = await Hospital.OpenAsync(100);
        var check = new CatalogueAccessCheck();
        Assert.That((await check.RunAsync(new(hospital.Target, CheckScope.All), CancellationToken.None)).Status, Is.EqualTo(CheckStatus.Clean));
        var facts = await hospital.Target.FactsBesideAsync(CancellationToken.None);
        Assert.That(facts!.Id, Is.EqualTo((await hospital.Target.FactsAsync(CancellationToken.None)).Id), "seen from beside it is the same database");

        var finding = Finding.Of(check.Description.Name, FindingKind.CatalogueLocksOut, facts.Id, new(0, hospital.Database), "it is said to let nobody in");
        var ledger = new IncidentLedger(hospital.Db);
        var id = await ledger.RegisterTargetAsync(hospital.Target.Name, facts, CancellationToken.None);
        var taken = await ledger.TakeInAsync(id, new(check.Description.Name, CheckStatus.Damaged, TimeSpan.Zero, null, [finding], [0]), null, 3, "test", CancellationToken.None);
        var incident = taken.Single();
        var healer = Factory(hospital, hospital.Target).Create();
        await healer.HealAsync(incident.Id, "worker", CancellationToken.None);
        await new IncidentDecisions(ledger, 3).ApproveAsync(incident.Id, "somebody", "it must be", CancellationToken.None);
        var outcome = await healer.HealAsync(incident.Id, "worker", CancellationToken.None);
        Assert.That(outcome.State, Is.EqualTo(IncidentState.Resolved), outcome.Note);
        Assert.That(outcome.Note, Does.Contain("begin by now"));
    }

    private static async Task<Incident> FoundAsync(Hospital hospital, Target target, bool due)
    {
        var report = await new CatalogueAccessCheck().RunAsync(new(target, CheckScope.All), CancellationToken.None);
        Assert.That(report.Status, Is.EqualTo(CheckStatus.Damaged), report.Reason);
        var ledger = new IncidentLedger(hospital.Db);
        var id = await ledger.RegisterTargetAsync(target.Name, (await target.FactsBesideAsync(CancellationToken.None))!, CancellationToken.None);
        var taken = await ledger.TakeInAsync(id, report, null, 3, "test", CancellationToken.None);
        Assert.That(taken.Any(), Is.EqualTo(due), "whether somebody is to take it up");
        return (await ledger.ListAsync(new IncidentFilter { TargetId = id, OpenOnly = true }, CancellationToken.None)).Single();
    }

    private static HealerFactory Factory(Hospital hospital, Target target) =>
        new(hospital.Options, hospital.Db, new TargetSet([target]), [new CatalogueAccessCheck(), new BtreeCheck()], TimeProvider.System, NullLoggerFactory.Instance);

    private static async Task<PgCluster> LockedAsync(Func<RelationEditor, Task>? more = null)
    {
        var server = await PgCluster.StartNewAsync();
        await MoviesSchema.CreateAsync(server, "movies", 300);
        await server.ExecuteAsync("movies", "CREATE EXTENSION amcheck");
        var editor = new RelationEditor(server, "movies");
        await (more?.Invoke(editor) ?? Task.CompletedTask);
        await new CatalogueDamage(editor).ZeroAllAsync();
        return server;
    }

    private static Target TargetOf(PgCluster server, string data) =>
        new(new TargetOptions { Name = "own", Connection = server.ConnectionString("movies"), DataDirectory = data }, TimeProvider.System);

    private static Task<DateTime> StartAsync(PgCluster server) => server.ScalarAsync<DateTime>("postgres", "SELECT pg_postmaster_start_time()");
}
