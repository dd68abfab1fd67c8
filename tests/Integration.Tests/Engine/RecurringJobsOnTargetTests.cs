using HealingWorkers.Jobs.Alerts;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Schedule;
using HealingWorkers.Jobs.Targets;
using HealingWorkers.Drill;
using HealingWorkers.Worker.Engine;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Engine;

/// <summary>The recurring jobs in a whole worker, on a real target that is damaged, stopped and only observed.</summary>
[TestFixture, NonParallelizable]
public sealed class RecurringJobsOnTargetTests
{
    private const string Index = "movies_title_idx";
    private PgCluster _patient = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _patient = await PgCluster.StartNewAsync();
        await MoviesSchema.CreateAsync(_patient, "movies", 2_000);
        await _patient.ExecuteAsync("movies", "CREATE EXTENSION amcheck");
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await _patient.DisposeAsync();

    [TearDown]
    public Task RebuildAsync() => _patient.ExecuteAsync("movies", "REINDEX TABLE movies");

    [Test]
    public async Task The_index_check_is_shared_out_by_table_and_its_finding_asks_for_one_repair()
    {
        await new Damage(_patient, "movies").Index.RemoveLeafEntriesAsync(Index);
        await using var stage = await StageAsync(HealingMode.Heal);
        await stage.TriggerAsync(JobNames.IndexCheck);
        await stage.QuietAsync();
        var tables = await stage.HistoryAsync(JobNames.IndexCheckTable);
        var incident = (await stage.Incidents.ListAsync(new() { OpenOnly = true }, CancellationToken.None)).Single();
        var repairs = await stage.HistoryAsync(JobNames.Repair);
        Assert.Multiple(() =>
        {
            Assert.That(tables.Count, Is.GreaterThan(20));
            Assert.That(tables.Select(t => t.State), Has.All.EqualTo("succeeded"));
            Assert.That(tables.OrderBy(t => t.StartedAt).Zip(tables.OrderBy(t => t.StartedAt).Skip(1)).All(p => p.First.EndedAt <= p.Second.StartedAt), Is.True, "one table at a time at low impact");
            Assert.That(incident.Object.Quoted, Does.EndWith(Index));
            Assert.That(repairs.Select(r => r.Key), Has.Some.EqualTo($"repair:{incident.Id}:1"));
            Assert.That(stage.Healer.Asked, Is.Not.Empty.And.All.EqualTo(incident.Id));
        });
    }

    [Test]
    public async Task Only_observed_the_finding_is_an_incident_and_nothing_is_repaired()
    {
        await new Damage(_patient, "movies").Index.RemoveLeafEntriesAsync(Index);
        await using var stage = await StageAsync(HealingMode.Observe);
        await stage.Dispatcher.TriggerAsync(JobNames.IndexCheck, "movies", "public.movies", "test", CancellationToken.None);
        await stage.QuietAsync();
        var incident = (await stage.Incidents.ListAsync(new() { OpenOnly = true }, CancellationToken.None)).Single();
        Assert.That(incident.State, Is.EqualTo(IncidentState.Detected));
        Assert.That(incident.Reason, Is.EqualTo(RepairRequests.OnlyObserved));
        Assert.That(await stage.HistoryAsync(JobNames.Repair), Is.Empty);
        Assert.That(stage.Healer.Asked, Is.Empty);
    }

    [Test]
    public async Task What_is_critical_and_has_no_repair_goes_to_a_person()
    {
        await _patient.ExecuteAsync("movies", "CREATE TABLE shelf AS SELECT generate_series(1, 100) AS id");
        var target = new TargetOptions { Name = "movies", Connection = _patient.ConnectionString("movies") };
        await using var stage = await WorkerStage.StartAsync(new HealingOptions { Targets = [target], Worker = new() { Lease = TimeSpan.FromSeconds(6), Drain = TimeSpan.FromSeconds(2) } }, heals: true);
        try
        {
            await new Damage(_patient, "movies").Heap.MissingFileAsync("shelf");
            await stage.Dispatcher.TriggerAsync(JobNames.IndexCheck, "movies", "public.shelf", "test", CancellationToken.None);
            Incident? incident = null;
            await Poll.UntilAsync(async ct => (incident = (await stage.Incidents.ListAsync(new() { OpenOnly = true }, ct)).SingleOrDefault()) is { State: IncidentState.Escalated }, 2 * EngineFleet.Limit, "a person called");
            Assert.That((incident!.Kind, incident.Object.Quoted, incident.Repair), Is.EqualTo((FindingKind.HeapPageInvalid, "public.shelf", (string?)null)));
            Assert.That(incident.Reason, Does.StartWith("there is no repair for heap_page_invalid here, a person must look at it: could not open file"));
            var told = await stage.Db.FirstAsync<string>("SELECT payload::text FROM healing.alerts WHERE event = 'escalated'", null, CancellationToken.None);
            Assert.That(told, Does.Contain("fetch the rows from a standby or a backup").And.Contain($"healing incidents close {incident.Id}"));
        }
        finally
        {
            await _patient.ExecuteAsync("movies", "DROP TABLE shelf");
        }
    }

    [Test]
    public async Task A_target_that_goes_away_is_an_incident_and_two_good_looks_close_it()
    {
        await using var stage = await StageAsync(HealingMode.Heal);
        await stage.RunAsync(JobNames.HealthCheck);
        await _patient.StopAsync();
        try
        {
            Assert.That((await stage.RunAsync(JobNames.HealthCheck)).Note, Does.StartWith("cannot be reached"));
        }
        finally
        {
            await _patient.StartAsync();
        }
        var incident = (await stage.Incidents.ListAsync(new() { OpenOnly = true }, CancellationToken.None)).Single();
        Assert.That(incident.Kind.Name, Is.EqualTo("target_unreachable"));
        await stage.RunAsync(JobNames.HealthCheck);
        await stage.RunAsync(JobNames.HealthCheck);
        Assert.That((await stage.Incidents.FindAsync(incident.Id, CancellationToken.None))!.State, Is.EqualTo(IncidentState.Resolved));
        Assert.That((await new Histograms(stage.Db).ReadAsync("db.health_check.duration", CancellationToken.None)).Single().Count, Is.EqualTo(4));
    }

    [Test]
    public async Task A_target_whose_catalogue_lets_nobody_in_is_an_incident_of_its_own_which_somebody_takes_up()
    {
        await using var locked = await PgCluster.StartNewAsync();
        await MoviesSchema.CreateAsync(locked, "movies", 100);
        await new CatalogueDamage(new RelationEditor(locked, "movies")).ZeroAllAsync();
        var target = new TargetOptions { Name = "movies", Connection = locked.ConnectionString("movies") };
        await using var stage = await WorkerStage.StartAsync(new HealingOptions { Mode = HealingMode.Heal, Targets = [target], Worker = new() { Lease = TimeSpan.FromSeconds(6), Drain = TimeSpan.FromSeconds(2) } });
        Assert.That((await stage.RunAsync(JobNames.HealthCheck)).Note, Does.StartWith("nobody gets in").And.Contain("REINDEX SYSTEM"));
        var incident = (await stage.Incidents.ListAsync(new() { OpenOnly = true }, CancellationToken.None)).Single();
        Assert.That((incident.Kind.Name, incident.Object.Quoted, incident.Repair), Is.EqualTo(("catalogue_locks_out", "movies", (string?)null)), "where its server is, nobody said");
        await Poll.UntilAsync(() => stage.Healer.Asked.Contains(incident.Id), EngineFleet.Limit, "it is taken up, and becomes a person's");
    }

    [Test]
    public async Task The_health_check_looks_into_the_critical_indexes()
    {
        await new Damage(_patient, "movies").Index.RemoveLeafEntriesAsync(Index);
        await using var stage = await StageAsync(HealingMode.Observe, critical: Index);
        Assert.That((await stage.RunAsync(JobNames.HealthCheck)).Note, Is.EqualTo("1 findings"));
        await using var other = await StageAsync(HealingMode.Observe);
        Assert.That((await other.RunAsync(JobNames.HealthCheck)).Note, Is.EqualTo("nothing found"), "primary keys are whole");
    }

    [Test]
    public async Task The_orphan_clean_up_asks_for_a_repair_of_what_it_finds()
    {
        await using var stage = await StageAsync(HealingMode.Heal);
        Assert.That((await stage.RunAsync(JobNames.OrphanCleanup)).Note, Is.EqualTo("nothing found"));
        await _patient.ExecuteAsync("movies",
            """
            CREATE TABLE shelf (id int PRIMARY KEY);
            CREATE TABLE book (id int PRIMARY KEY, shelf_id int REFERENCES shelf);
            SET session_replication_role = replica;
            INSERT INTO book VALUES (1, 7);
            """);
        try
        {
            Assert.That((await stage.RunAsync(JobNames.OrphanCleanup)).Note, Is.EqualTo("1 findings"));
            await stage.QuietAsync();
            var incident = (await stage.Incidents.ListAsync(new() { OpenOnly = true }, CancellationToken.None)).Single();
            Assert.That(incident.Kind, Is.EqualTo(FindingKind.OrphanRows));
            Assert.That((await stage.HistoryAsync(JobNames.Repair)).Select(r => r.Key), Has.Some.EqualTo($"repair:{incident.Id}:1"));
        }
        finally
        {
            await _patient.ExecuteAsync("movies", "DROP TABLE book, shelf");
        }
    }

    [Test]
    public async Task A_deferred_repair_comes_again_under_its_key()
    {
        await new Damage(_patient, "movies").Index.RemoveLeafEntriesAsync(Index);
        await using var stage = await StageAsync(HealingMode.Heal);
        stage.Healer.Answers.Enqueue(new HealOutcome(IncidentState.Detected, "the table is busy", TimeSpan.FromSeconds(2), Deferred: true));
        await stage.Dispatcher.TriggerAsync(JobNames.IndexCheck, "movies", "public.movies", "test", CancellationToken.None);
        await Poll.UntilAsync(() => stage.Healer.Asked.Count >= 2, EngineFleet.Limit, "the second try");
        var first = (await stage.HistoryAsync(JobNames.Repair))[^1];
        Assert.That((first.Deferrals, first.Note), Is.EqualTo((1, "the table is busy")).Or.EqualTo((1, "Resolved: as if")));
    }

    [Test]
    public async Task A_run_whose_lease_was_lost_is_put_off_and_not_called_done()
    {
        await new Damage(_patient, "movies").Index.RemoveLeafEntriesAsync(Index);
        await using var stage = await StageAsync(HealingMode.Heal);
        stage.Healer.Fences = 1;
        await stage.Dispatcher.TriggerAsync(JobNames.IndexCheck, "movies", "public.movies", "test", CancellationToken.None);
        JobRun? run = null;
        await Poll.UntilAsync(async _ => await stage.HistoryAsync(JobNames.Repair) is [.., { EndedAt: not null } first] && (run = first) is not null, EngineFleet.Limit, "the end of the first run");
        Assert.That((run!.State, run.Deferrals, run.Executions, run.Note), Is.EqualTo(("succeeded", 1, 1, "Resolved: as if")));
    }

    [Test]
    public async Task The_incident_of_a_repair_that_kills_its_workers_escalates()
    {
        await new Damage(_patient, "movies").Index.RemoveLeafEntriesAsync(Index);
        await using var stage = await StageAsync(HealingMode.Observe);
        await stage.Dispatcher.TriggerAsync(JobNames.IndexCheck, "movies", "public.movies", "test", CancellationToken.None);
        await stage.QuietAsync();
        var incident = (await stage.Incidents.ListAsync(new() { OpenOnly = true }, CancellationToken.None)).Single();
        var run = (await stage.Ledger.RequestAsync(new(incident.NextRepairKey, JobNames.Repair, "movies", new() { ["incident"] = incident.Id }, "test") { Delay = TimeSpan.FromHours(1) }, CancellationToken.None))!;
        await new PoisonedRuns(stage.Incidents, new AlertQueue(new AlertOutbox(stage.Db), new HealingOptions(), TimeProvider.System)).GiveUpAsync(run, "test", CancellationToken.None);
        var escalated = await stage.Incidents.FindAsync(incident.Id, CancellationToken.None);
        Assert.That(escalated!.State, Is.EqualTo(IncidentState.Escalated));
        Assert.That(escalated.Reason, Does.Contain("killed its process 3 times"));
    }

    private async Task<WorkerStage> StageAsync(HealingMode mode, params string[] critical)
    {
        var target = new TargetOptions { Name = "movies", Connection = _patient.ConnectionString("movies"), CriticalIndexes = [.. critical] };
        return await WorkerStage.StartAsync(new HealingOptions { Mode = mode, Targets = [target], Worker = new() { Lease = TimeSpan.FromSeconds(6), Drain = TimeSpan.FromSeconds(2) } });
    }
}
