using HealingWorkers.Drill;
using HealingWorkers.Integration.Tests.Ledger;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Schedule;
using HealingWorkers.Jobs.Targets;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Incidents;

/// <summary>A target of two addresses whose primary is away for a while: the standby, whose files are sound, answers for it.</summary>
[TestFixture]
internal sealed class StandbyLooksTests
{
    private const string Index = "movies_title_idx";

    [Test]
    public async Task A_sound_standby_does_not_end_what_is_damaged_at_its_primary()
    {
        await using var primary = await PgCluster.StartNewAsync();
        await MoviesSchema.CreateAsync(primary, rows: 300);
        await primary.ExecuteAsync("movies", "CREATE EXTENSION amcheck");
        await using var standby = await PgStandby.StartNewAsync(primary);
        await standby.WaitForReplayAsync();
        var state = Directory.CreateTempSubdirectory("healing-tests-");
        await using var ledger = await FreshLedger.CreateAsync();
        var incidents = new IncidentLedger(ledger.Db);
        var connection = $"Host={primary.SocketDirectory}:{primary.Port},{standby.SocketDirectory}:{standby.Port};Database=movies;Username=postgres";
        var options = new TargetOptions { Name = "movies", Connection = connection };
        // nobody is asked for a repair under observe
        var all = new HealingOptions { Mode = HealingMode.Observe, Targets = [options], StateDirectory = state.FullName };
        await using var target = new Target(options, TimeProvider.System);
        var id = await incidents.RegisterTargetAsync("movies", await target.FactsAsync(default), default);
        var index = await primary.ScalarAsync<long>("movies", $"SELECT '{Index}'::regclass::oid::bigint");
        var keeper = new ReportKeeper(all, incidents, new ReportSpool(Path.Combine(state.FullName, ReportSpool.Folder), TimeProvider.System), null!, "worker", NullLogger<ReportKeeper>.Instance);
        var runner = new CheckRunner(all, incidents, new CheckMemory(ledger.Db), new RepairRequests(all, incidents, null!), keeper, "worker", FaultInjector.None, NullLogger<CheckRunner>.Instance);
        Task<CheckReport> LookAsync(Target at) => runner.RunAsync(at, id, new BtreeCheck(), CheckScope.OfIndexes(index), "critical indexes", _ => { }, default);
        async Task<Incident> AgainAsync() => (await incidents.ListAsync(new IncidentFilter { Target = "movies" }, default)).Single();

        await new Damage(primary, "movies").Index.ZeroLeafAsync(Index);
        Assert.That((await LookAsync(target)).FromStandby, Is.False);
        var open = await AgainAsync();
        // else locks whose end it was not sent would stand there for good
        await standby.WaitForReplayAsync();
        await primary.StopAsync(StopMode.Immediate);
        target.Forget();
        for (var look = 0; look < 3; look++)
        {
            var report = await LookAsync(target);
            Assert.That((report.Status, report.FromStandby), Is.EqualTo((CheckStatus.Clean, true)), report.Reason);
            Assert.That(report.Examined, Does.Contain(index), "it was looked at, and is sound there");
        }
        await new Absences(incidents).LookAsync(target, id, CheckCatalogue.All, "worker", default);
        Assert.That((await AgainAsync()).State, Is.EqualTo(IncidentState.Detected), "the damage is at the primary still");

        await primary.StartAsync();
        await using var back = new Target(new TargetOptions { Name = "movies", Connection = primary.ConnectionString("movies") }, TimeProvider.System);
        Assert.That((await LookAsync(back)).Status, Is.EqualTo(CheckStatus.Damaged));
        Assert.That((await AgainAsync()).Id, Is.EqualTo(open.Id));
        await primary.ExecuteAsync("movies", $"REINDEX INDEX {Index}");
        await LookAsync(back);
        Assert.That((await AgainAsync()).State, Is.EqualTo(IncidentState.Detected), "once");
        await LookAsync(back);
        Assert.That((await AgainAsync()).State, Is.EqualTo(IncidentState.Resolved));
        state.Delete(recursive: true);
    }
}
