using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Schedule;
using HealingWorkers.Drill;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Healing;

[TestFixture]
internal sealed class GoneByItselfTests
{
    private const string Index = "movies_title_idx";

    [Test]
    public async Task An_index_that_a_person_rebuilt_is_gone_after_two_looks_at_it()
    {
        await using var hospital = await Hospital.OpenAsync(500);
        await hospital.Damage.Index.ZeroLeafAsync(Index);
        var incident = (await hospital.CheckAsync(new BtreeCheck())).Single();
        await Hospital.Cluster.ExecuteAsync(hospital.Database, $"REINDEX INDEX CONCURRENTLY {Index}");
        Assert.That(await OidAsync(hospital, Index), Is.Not.EqualTo(incident.Object.Oid), "a concurrent rebuild gives another oid");
        await LookAsync(hospital, "people");
        await LookAsync(hospital, "people");
        Assert.That((await hospital.FindAsync(incident.Id)).State, Is.EqualTo(IncidentState.Detected), "nobody looked at its table");
        await LookAsync(hospital, "movies");
        Assert.That((await hospital.FindAsync(incident.Id)).State, Is.EqualTo(IncidentState.Detected), "once");
        await LookAsync(hospital, "movies");
        var gone = await hospital.FindAsync(incident.Id);
        Assert.That(gone.State, Is.EqualTo(IncidentState.Resolved));
        Assert.That(gone.Reason, Does.Contain("gone by itself"));
    }

    [Test]
    public async Task What_somebody_dropped_is_gone_after_the_catalogue_was_asked_twice()
    {
        await using var hospital = await Hospital.OpenAsync(500);
        await hospital.Damage.Index.ZeroLeafAsync(Index);
        var left = await hospital.Damage.LeftoverAsync("movies_title_lower_idx");
        var still = await hospital.CheckAsync(new LeftoversCheck());
        var dropped = (await hospital.CheckAsync(new BtreeCheck())).Single(i => i.Check == "btree");
        Assert.That(await AbsentAsync(hospital), Is.Empty);
        await Hospital.Cluster.ExecuteAsync(hospital.Database, $"DROP INDEX {Index}; DROP INDEX {left}");
        Assert.That(await AbsentAsync(hospital), Is.Empty, "once");
        Assert.That((await AbsentAsync(hospital)).Select(i => i.Id), Is.EquivalentTo(new[] { dropped.Id, still.Single().Id }));
        Assert.That((await hospital.FindAsync(dropped.Id)).State, Is.EqualTo(IncidentState.Resolved));
    }

    [Test]
    public async Task The_fleets_index_check_asks_once_each_time()
    {
        await using var hospital = await Hospital.OpenAsync(500);
        await hospital.Damage.Index.ZeroLeafAsync(Index);
        var incident = (await hospital.CheckAsync(new BtreeCheck())).Single();
        await Hospital.Cluster.ExecuteAsync(hospital.Database, $"DROP INDEX {Index}");
        var ledger = new IncidentLedger(hospital.Db);
        // nothing is found, so that no repair is asked for
        var runner = new CheckRunner(hospital.Options, ledger, new CheckMemory(hospital.Db), null!,
            new ReportKeeper(hospital.Options, ledger, new ReportSpool(Path.Combine(hospital.Options.StateDirectory, ReportSpool.Folder), TimeProvider.System), null!, "worker", NullLogger<ReportKeeper>.Instance), "worker", FaultInjector.None, NullLogger<CheckRunner>.Instance);
        var job = new IndexCheckDatabaseJob(new TargetSet([hospital.Target]), CheckCatalogue.All, runner, ledger, "worker");
        var said = new List<string>();
        await job.RunAsync(new JobContext(1, "check", "movies", [], 1, 1, said.Add), CancellationToken.None);
        Assert.That((await hospital.FindAsync(incident.Id)).State, Is.EqualTo(IncidentState.Detected));
        await job.RunAsync(new JobContext(2, "check", "movies", [], 1, 2, said.Add), CancellationToken.None);
        Assert.That((await hospital.FindAsync(incident.Id)).State, Is.EqualTo(IncidentState.Resolved));
        Assert.That(said, Has.Some.Contains("no longer exists"));
    }

    [Test]
    public async Task What_is_there_and_damaged_is_never_absent()
    {
        await using var hospital = await Hospital.OpenAsync(500);
        await hospital.Damage.Index.ZeroLeafAsync(MoviesSchema.HostileIndex);
        var incident = (await hospital.CheckAsync(new BtreeCheck())).Single();
        for (var look = 0; look < 3; look++)
        {
            Assert.That(await AbsentAsync(hospital), Is.Empty);
        }
        Assert.That((await hospital.FindAsync(incident.Id)).State, Is.EqualTo(IncidentState.Detected));
    }

    private static async Task LookAsync(Hospital hospital, string table) =>
        await hospital.TakeInAsync(await new BtreeCheck().RunAsync(new(hospital.Target, CheckScope.OfTable(await OidAsync(hospital, table))), CancellationToken.None));

    private static async Task<IReadOnlyList<Incident>> AbsentAsync(Hospital hospital)
    {
        var ledger = new IncidentLedger(hospital.Db);
        var id = await ledger.RegisterTargetAsync("movies", await hospital.Target.FactsAsync(CancellationToken.None), CancellationToken.None);
        return await new Absences(ledger).LookAsync(hospital.Target, id, CheckCatalogue.All, "test", CancellationToken.None);
    }

    private static Task<long> OidAsync(Hospital hospital, string name) => Hospital.Cluster.ScalarAsync<long>(hospital.Database, $"SELECT '{name}'::regclass::oid::bigint")!;
}
