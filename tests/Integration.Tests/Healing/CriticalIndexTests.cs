using System.Text.Json.Nodes;
using HealingWorkers.Drill;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Snapshots;
using HealingWorkers.Jobs.Targets;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Healing;

/// <summary>An index without which nobody gets in: on a server of its own, which is stopped for it.</summary>
[TestFixture, NonParallelizable]
internal sealed class CriticalIndexTests
{
    private const string Index = "pg_catalog.pg_class_oid_index";

    [Test]
    public async Task Approved_it_is_rebuilt_while_the_server_is_stopped_and_proven_when_it_runs_again()
    {
        await using var hospital = await Hospital.OpenAsync(100);
        await using var server = await MoviesAsync();
        await using var target = TargetOf(server, server.DataDirectory);
        var began = await StartAsync(server);
        await new IndexDamage(new RelationEditor(server, "movies")).RemoveLeafEntriesAsync(Index, -1, 3, new DamageMode(Live: false));
        var found = await FoundAsync(hospital, target);
        Assert.That((found.Repair, found.Risk), Is.EqualTo(("rebuild_critical_index", (RiskClass?)RiskClass.Manual)), found.Detail);
        var healer = Factory(hospital, target).Create();
        var asked = await healer.HealAsync(found.Id, "worker", CancellationToken.None);
        Assert.That(asked.State, Is.EqualTo(IncidentState.AwaitingApproval), asked.Note);

        await new IncidentDecisions(new IncidentLedger(hospital.Db), 3).ApproveAsync(found.Id, "somebody", "it must be", CancellationToken.None);
        var outcome = await healer.HealAsync(found.Id, "worker", CancellationToken.None);

        Assert.That(outcome.State, Is.EqualTo(IncidentState.Resolved), outcome.Note);
        Assert.That(await StartAsync(server), Is.GreaterThan(began));
        var attempt = (await hospital.AttemptsAsync(found.Id)).Single();
        Assert.That(attempt.Statements, Does.Contain("--single -P").And.Contain("REINDEX INDEX " + Index));
        Assert.That(await server.ScalarAsync<long>("movies", $"SELECT count(*) FROM (SELECT bt_index_check('{Index}', true)) AS sound"), Is.EqualTo(1));
        Assert.That(await server.ScalarAsync<long>("movies", "SELECT count(*) FROM movies"), Is.EqualTo(300));
        var verdict = await Factory(hospital, target).Receipts().VerifyAsync(found.Id, target, CancellationToken.None);
        Assert.That(verdict.Changed, Is.Empty);
    }

    [Test]
    public async Task In_a_window_the_whole_server_is_copied_while_it_is_stopped_for_the_rebuild()
    {
        await using var hospital = await Hospital.OpenAsync(100, copies: true);
        await using var server = await MoviesAsync();
        await using var target = TargetOf(server, server.DataDirectory);
        target.Options.MaintenanceWindow = "00:00-00:00 UTC";
        await new IndexDamage(new RelationEditor(server, "movies")).RemoveLeafEntriesAsync(Index, -1, 3, new DamageMode(Live: false));
        var found = await FoundAsync(hospital, target);
        await Factory(hospital, target).Create().HealAsync(found.Id, "worker", CancellationToken.None);
        await new IncidentDecisions(new IncidentLedger(hospital.Db), 3).ApproveAsync(found.Id, "somebody", "it must be", CancellationToken.None);

        var outcome = await Factory(hospital, target).Create().HealAsync(found.Id, "worker", CancellationToken.None);

        Assert.That(outcome.State, Is.EqualTo(IncidentState.Resolved), outcome.Note);
        Assert.That(await hospital.AttemptsAsync(found.Id), Has.Count.EqualTo(1));
        var copy = (await new SnapshotLedger(hospital.Db).OfIncidentAsync(found.Id, CancellationToken.None)).Single(s => s.Kind is "data_directory" or "base_backup");
        Assert.That((copy.Kind, (string?)JsonNode.Parse(copy.Manifest)!["way"]), Is.EqualTo(("data_directory", "copy while the repair had it stopped")));
        await using (var restored = await Restored.StartAsync((string)JsonNode.Parse(copy.Manifest)!["restore"]!))
        {
            Assert.That(await restored.ScalarAsync("movies", "SELECT count(*) FROM movies"), Is.EqualTo(300));
        }
        Assert.That(await SnapshotReader.ChangedAsync(copy.Place, copy.Sha256, CancellationToken.None), Is.Empty);
        var receipt = (await new ReceiptLedger(hospital.Db).OfIncidentAsync(found.Id, CancellationToken.None)).Single();
        Assert.That(receipt.Body, Does.Contain($"data_directory {copy.Id} by copy while the repair had it stopped in {copy.Place}"));
        Assert.That((await Factory(hospital, target).Receipts().VerifyAsync(found.Id, target, CancellationToken.None)).Changed, Is.Empty);
    }

    [Test]
    public async Task Where_the_copy_must_be_and_cannot_be_made_the_stopped_server_is_started_again_as_it_was()
    {
        await using var hospital = await Hospital.OpenAsync(100);
        await using var server = await MoviesAsync();
        await using var target = TargetOf(server, server.DataDirectory);
        target.Options.MaintenanceWindow = "00:00-00:00 UTC";
        hospital.Options.Snapshots.BaseBackup = BaseBackupRule.Required;
        await new IndexDamage(new RelationEditor(server, "movies")).RemoveLeafEntriesAsync(Index, -1, 3, new DamageMode(Live: false));
        var began = await StartAsync(server);
        var found = await FoundAsync(hospital, target);
        await Factory(hospital, target).Create().HealAsync(found.Id, "worker", CancellationToken.None);
        await new IncidentDecisions(new IncidentLedger(hospital.Db), 3).ApproveAsync(found.Id, "somebody", "it must be", CancellationToken.None);
        var factory = Factory(hospital, target);
        var full = new HealerFactory(hospital.Options, hospital.Db, new TargetSet([target]), [new BtreeCheck()], TimeProvider.System, NullLoggerFactory.Instance)
        {
            Snapshots = new SnapshotTaker(hospital.Options.StateDirectory, TimeProvider.System) { OnDraft = static () => throw new HealingException("the disk went away", "") },
        };

        var outcome = await full.Create().HealAsync(found.Id, "worker", CancellationToken.None);

        Assert.That((outcome.State, outcome.Note), Is.EqualTo((IncidentState.Escalated, "no snapshot, so no repair: no data_directory: the disk went away")));
        Assert.That(await StartAsync(server), Is.GreaterThan(began), "it runs again");
        Assert.That((await hospital.AttemptsAsync(found.Id)).Single().Statements, Does.Not.Contain("REINDEX"));
        Assert.That(Directory.EnumerateFileSystemEntries(factory.Snapshots.Bases.Root), Is.Empty, "nothing of the copy is left");
    }

    [Test]
    public async Task Where_the_server_is_not_ours_to_stop_the_commands_are_told_and_nothing_is_done()
    {
        await using var hospital = await Hospital.OpenAsync(100);
        await using var server = await MoviesAsync();
        await new IndexDamage(new RelationEditor(server, "movies")).RemoveLeafEntriesAsync(Index, -1, 3, new DamageMode(Live: false));
        var began = await StartAsync(server);
        await using var target = TargetOf(server, "");
        var found = await FoundAsync(hospital, target);
        Assert.That(found.Repair, Is.Null);
        Assert.That(found.Detail, Does.Contain($"REINDEX INDEX {Index}").And.Contain("--single -P"));
        Assert.That((await Factory(hospital, target).Create().HealAsync(found.Id, "worker", CancellationToken.None)).State, Is.EqualTo(IncidentState.Escalated));

        await new IncidentDecisions(new IncidentLedger(hospital.Db), 3).CloseAsync(found.Id, "somebody", "the servers of the kit are copies of one, with its identity", CancellationToken.None);

        // the ledger on the server that would be stopped
        await using var own = TargetOf(Hospital.Cluster, Hospital.Cluster.DataDirectory, hospital.Database);
        var facts = await own.FactsAsync(CancellationToken.None);
        var oid = await Hospital.Cluster.ScalarAsync<long>(hospital.Database, "SELECT 'pg_class_oid_index'::regclass::oid::bigint");
        var there = Finding.Of(BtreeCheck.CheckName, FindingKind.BtreeCorrupt, facts.Id, new(oid, Index), "it is said to be damaged") with { Repair = "rebuild_critical_index", Risk = RiskClass.Manual };
        var ledger = new IncidentLedger(hospital.Db);
        var id = await ledger.RegisterTargetAsync("own", facts, CancellationToken.None);
        await ledger.TakeInAsync(id, new(BtreeCheck.CheckName, CheckStatus.Damaged, TimeSpan.Zero, null, [there], []), null, 3, "test", CancellationToken.None);
        var incident = (await ledger.ListAsync(new IncidentFilter { TargetId = id, OpenOnly = true }, CancellationToken.None)).Single();
        var healer = Factory(hospital, own).Create();
        await healer.HealAsync(incident.Id, "worker", CancellationToken.None);
        await new IncidentDecisions(ledger, 3).ApproveAsync(incident.Id, "somebody", "it must be", CancellationToken.None);
        var refused = await healer.HealAsync(incident.Id, "worker", CancellationToken.None);
        Assert.That(refused.State, Is.EqualTo(IncidentState.Escalated));
        Assert.That(refused.Note, Does.Contain("the control database is on that very server").And.Contain("--single -P"));
        Assert.That(await StartAsync(server), Is.EqualTo(began));
    }

    [Test]
    public async Task Where_nobody_gets_in_the_commands_are_told()
    {
        await using var server = await MoviesAsync();
        await new CatalogueDamage(new RelationEditor(server, "movies")).ZeroAllAsync();
        await using var target = TargetOf(server, server.DataDirectory);
        var refused = await Assert.ThrowsAsync<LockedOutException>(() => target.FactsAsync(CancellationToken.None));
        Assert.That(refused!.Message, Does.Contain("lets nobody in").And.Contain($"pg_ctl -D {server.DataDirectory}").And.Contain("REINDEX SYSTEM"));
    }

    private static async Task<Incident> FoundAsync(Hospital hospital, Target target)
    {
        var ledger = new IncidentLedger(hospital.Db);
        var id = await ledger.RegisterTargetAsync(target.Name, await target.FactsAsync(CancellationToken.None), CancellationToken.None);
        var report = await new BtreeCheck().RunAsync(new(target, CheckScope.All), CancellationToken.None);
        Assert.That(report.Findings, Has.Some.Matches<Finding>(f => f!.Object.Quoted == Index), report.Reason);
        await ledger.TakeInAsync(id, report, null, 3, "test", CancellationToken.None);
        return (await ledger.ListAsync(new IncidentFilter { Target = target.Name }, CancellationToken.None)).Single(i => i.Object.Quoted == Index);
    }

    private static HealerFactory Factory(Hospital hospital, Target target) =>
        new(hospital.Options, hospital.Db, new TargetSet([target]), [new BtreeCheck()], TimeProvider.System, NullLoggerFactory.Instance);

    private static async Task<PgCluster> MoviesAsync()
    {
        var server = await PgCluster.StartNewAsync();
        await MoviesSchema.CreateAsync(server, "movies", 300);
        await server.ExecuteAsync("movies", "CREATE EXTENSION amcheck");
        await server.ExecuteAsync("movies", "DO $$ BEGIN FOR i IN 1..300 LOOP EXECUTE format('CREATE TABLE filler%s (a int)', i); END LOOP; END $$");
        return server;
    }

    private static Target TargetOf(PgCluster server, string data, string database = "movies") =>
        new(new TargetOptions { Name = "own", Connection = server.ConnectionString(database), DataDirectory = data }, TimeProvider.System);

    private static Task<DateTime> StartAsync(PgCluster server) => server.ScalarAsync<DateTime>("movies", "SELECT pg_postmaster_start_time()");
}
