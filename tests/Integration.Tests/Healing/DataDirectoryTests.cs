using System.Text.Json.Nodes;
using HealingWorkers.Drill;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Repairs;
using HealingWorkers.Jobs.Snapshots;
using HealingWorkers.Jobs.Targets;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Healing;

/// <summary>A copy of a server that is stopped for it: on a server of its own.</summary>
[TestFixture, NonParallelizable]
internal sealed class DataDirectoryTests
{
    private const string Always = "00:00-00:00 UTC";
    private static readonly RepairPlan Plan = new("rebuild_index", RiskClass.Manual, [new("...", "none", "a test")]) { Base = BaseSnapshot.DataDirectory };

    [Test]
    public async Task It_is_stopped_copied_and_started_and_the_attempt_begins_anew_with_what_is_kept()
    {
        await using var hospital = await Hospital.OpenAsync(100, copies: true);
        await using var server = await MoviesAsync();
        await using var target = TargetOf(server, Always);
        var before = await server.ScalarAsync<string>("movies", BaseSnapshotTests.Hash);
        var began = await StartAsync(server);

        var kept = await BaseSnapshotTests.KeepAsync(hospital, Plan, target);

        Assert.That(kept.Evidence.Anew, Is.Not.Null, kept.Evidence.Trouble + kept.Evidence.Snapshot.Statement);
        Assert.That(kept.Evidence.Anew, Does.Match("^data_directory [0-9]+ by stop, copy, start in /"), kept.Evidence.Snapshot.Statement);
        Assert.That(await StartAsync(server), Is.GreaterThan(began), "it was restarted, by the same options");
        Assert.That(await server.ScalarAsync<string>("movies", BaseSnapshotTests.Hash), Is.EqualTo(before));
        var copy = (await new SnapshotLedger(hospital.Db).OfIncidentAsync(kept.Incident, default)).Single();
        await using (var restored = await Restored.StartAsync((string)JsonNode.Parse(copy.Manifest)!["restore"]!))
        {
            Assert.That(await restored.ScalarAsync("movies", BaseSnapshotTests.Hash), Is.EqualTo(before));
        }
        Assert.That(await SnapshotReader.ChangedAsync(copy.Place, copy.Sha256, default), Is.Empty);

        var second = await StartAsync(server);
        var again = await BaseSnapshotTests.KeepAsync(hospital, Plan, target);
        Assert.That((again.Evidence.Anew, again.Evidence.Proof is not null), Is.EqualTo(((string?)null, true)), again.Evidence.Trouble);
        Assert.That(again.Evidence.Snapshot.Statement, Does.Contain($"data_directory {copy.Id} of "));
        Assert.That(await StartAsync(server), Is.EqualTo(second), "and it is not stopped again");
    }

    [Test]
    public async Task Where_it_may_not_be_stopped_it_is_copied_while_it_runs()
    {
        await using var hospital = await Hospital.OpenAsync(100, copies: true);
        await using var server = await MoviesAsync();
        await using var target = TargetOf(server, "");
        var began = await StartAsync(server);
        var kept = await BaseSnapshotTests.KeepAsync(hospital, Plan, target);
        Assert.That(kept.Evidence.Snapshot.Statement, Does.Contain("by pg_basebackup in").And.Contain("the server is stopped only within a maintenance window"));

        hospital.Target.Options.MaintenanceWindow = Always;
        hospital.Target.Options.DataDirectory = Hospital.Cluster.DataDirectory;
        var own = await BaseSnapshotTests.KeepAsync(hospital, Plan);
        Assert.That(own.Evidence.Snapshot.Statement, Does.Contain("the control database is on that very server"));
        Assert.That(await StartAsync(server), Is.EqualTo(began));
    }

    [Test]
    public async Task A_server_whose_catalogue_is_damaged_is_not_started_anew_for_a_copy()
    {
        await using var hospital = await Hospital.OpenAsync(100, copies: true);
        await using var server = await MoviesAsync();
        await using var target = TargetOf(server, Always);
        var began = await StartAsync(server);
        var (ledger, facts) = (new IncidentLedger(hospital.Db), await target.FactsAsync(default));
        var id = await ledger.RegisterTargetAsync(target.Name, facts, default);
        var damaged = Finding.Of("btree", FindingKind.BtreeCorrupt, facts.Id, new(2662, "pg_catalog.pg_class_oid_index"), "it is said to be damaged");
        await ledger.TakeInAsync(id, new("btree", CheckStatus.Damaged, TimeSpan.Zero, null, [damaged], []), null, 3, "test", default);

        var kept = await BaseSnapshotTests.KeepAsync(hospital, Plan, target);

        Assert.That(kept.Evidence.Snapshot.Statement, Does.Contain("by pg_basebackup in").And.Contain("pg_catalog.pg_class_oid_index is damaged (incident "));
        Assert.That(await StartAsync(server), Is.EqualTo(began));
    }

    [Test]
    public async Task For_a_role_that_may_not_copy_a_running_server_it_is_stopped_once_in_the_window_and_then_repaired()
    {
        await using var hospital = await Hospital.OpenAsync(100, copies: true);
        await using var server = await PgCluster.StartNewAsync();
        await server.CreateDatabaseAsync("movies");
        await server.ExecuteAsync("movies", """
            CREATE ROLE keeper LOGIN; GRANT pg_read_all_stats TO keeper; GRANT CREATE ON DATABASE movies TO keeper;
            CREATE TABLE movies (id int PRIMARY KEY); INSERT INTO movies SELECT generate_series(1, 100); ALTER TABLE movies OWNER TO keeper;
            CREATE TABLE reviews (id int PRIMARY KEY, movie_id int REFERENCES movies); INSERT INTO reviews SELECT i, 1 + i % 100 FROM generate_series(1, 1000) i; ALTER TABLE reviews OWNER TO keeper;
            """);
        await server.ExecuteAsync("movies", "SET session_replication_role = replica; DELETE FROM movies WHERE id = 3");
        await using var target = TargetOf(server, Always);
        target.Options.Connections.Repair = server.ConnectionString("movies", "keeper");
        target.Options.Rules.ForeignKeys.Add(new() { From = ColumnList.Parse("reviews.movie_id"), To = ColumnList.Parse("movies.id"), OnOrphan = RuleAction.Quarantine });
        var ledger = new IncidentLedger(hospital.Db);
        var id = await ledger.RegisterTargetAsync(target.Name, await target.FactsAsync(default), default);
        await ledger.TakeInAsync(id, await new ForeignKeysCheck().RunAsync(new(target, CheckScope.All), default), null, 3, "test", default);
        var incident = (await ledger.ListAsync(new() { OpenOnly = true }, default)).Single();
        var healer = new HealerFactory(hospital.Options, hospital.Db, new TargetSet([target]), [new ForeignKeysCheck()], TimeProvider.System, NullLoggerFactory.Instance);
        var began = await StartAsync(server);

        var stopped = await healer.Create().HealAsync(incident.Id, "worker", default);

        Assert.That((stopped.State, stopped.Deferred), Is.EqualTo((IncidentState.Detected, true)), stopped.Note);
        Assert.That(stopped.Note, Does.Match("^data_directory [0-9]+ by stop, copy, start in /").And.Contain("permission denied for function pg_backup_start"));
        var again = await StartAsync(server);
        Assert.That(again, Is.GreaterThan(began));
        Assert.That(await server.ScalarAsync<long>("movies", "SELECT count(*) FROM reviews"), Is.EqualTo(1000), "nothing is done in the same breath");

        var healed = await healer.Create().HealAsync(incident.Id, "worker", default);

        Assert.That(healed.State, Is.EqualTo(IncidentState.Resolved), healed.Note);
        Assert.That(await StartAsync(server), Is.EqualTo(again), "it is not stopped again");
        Assert.That(await server.ScalarAsync<long>("movies", "SELECT count(*) FROM reviews"), Is.EqualTo(990));
        var copy = (await new SnapshotLedger(hospital.Db).OfIncidentAsync(incident.Id, default)).Single(s => s.Kind is "data_directory" or "base_backup");
        Assert.That(copy.Kind, Is.EqualTo("data_directory"));
        Assert.That((await new ReceiptLedger(hospital.Db).OfIncidentAsync(incident.Id, default)).Single().Body, Does.Contain($"data_directory {copy.Id} of "));
        Assert.That((await healer.Receipts().VerifyAsync(incident.Id, target, default)).Changed, Is.Empty);
        await using var restored = await Restored.StartAsync((string)JsonNode.Parse(copy.Manifest)!["restore"]!);
        Assert.That(await restored.ScalarAsync("movies", "SELECT count(*) FROM reviews"), Is.EqualTo(1000));
    }

    [Test]
    public async Task It_is_started_again_whatever_becomes_of_the_work()
    {
        await using var server = await MoviesAsync();
        await using var target = TargetOf(server, Always);
        var (control, why) = await ServerControl.FindAsync(target, await target.FactsAsync(default), "", server.DataDirectory, default);
        Assert.That(control, Is.Not.Null, why);
        var late = await Assert.ThrowsAsync<HealingException>(() => control!.WhileStoppedAsync(async _ =>
        {
            // as one that was frozen
            await Poll.UntilAsync(_ => AnswersAsync(server), TimeSpan.FromSeconds(20), "the server runs, though nobody said that we were done", CancellationToken.None);
            await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System, CancellationToken.None);
            return 0;
        }, TimeSpan.FromSeconds(1), default));
        Assert.That(late!.Message, Does.Contain("took longer than"));
        bool? ran = null;
        var ended = await Assert.ThrowsAsync<HealingException>(() => control!.WhileStoppedAsync(async token =>
        {
            try
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
            }
            finally
            {
                ran = File.Exists(Path.Combine(server.DataDirectory, "postmaster.pid"));
            }
            return 0;
        }, TimeSpan.FromSeconds(15), default));
        Assert.That((ended!.Message.Contains("took longer than", StringComparison.Ordinal), ran, await AnswersAsync(server)), Is.EqualTo((true, (bool?)false, true)), "the work ends before the server is started");
        await Assert.ThrowsAsync<InvalidOperationException>(() => control!.WhileStoppedAsync<int>(_ => throw new InvalidOperationException("the copy failed"), TimeSpan.FromMinutes(1), default));
        Assert.That(await AnswersAsync(server), Is.True);
    }

    private static async Task<PgCluster> MoviesAsync()
    {
        var server = await PgCluster.StartNewAsync();
        await MoviesSchema.CreateAsync(server, "movies", 300);
        return server;
    }

    private static Target TargetOf(PgCluster server, string window) =>
        new(new TargetOptions { Name = "own", Connection = server.ConnectionString("movies"), DataDirectory = server.DataDirectory, MaintenanceWindow = window }, TimeProvider.System);

    private static Task<DateTime> StartAsync(PgCluster server) => server.ScalarAsync<DateTime>("movies", "SELECT pg_postmaster_start_time()");

    private static async Task<bool> AnswersAsync(PgCluster server)
    {
        try
        {
            return await server.ScalarAsync<int>("movies", "SELECT 1") == 1;
        }
        catch (Npgsql.NpgsqlException)
        {
            return false;
        }
    }
}
