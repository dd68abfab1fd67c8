using HealingWorkers.Drill;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Schedule;
using HealingWorkers.Jobs.Targets;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Engine;

/// <summary>Checks that make writers wait: they come when the maintenance window opens, and go on with the next where they stopped.</summary>
[TestFixture, NonParallelizable]
public sealed class WindowChecksTests
{
    private static readonly DateTimeOffset Before = new(2026, 3, 10, 1, 30, 0, TimeSpan.Zero);
    private PgCluster _patient = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _patient = await PgCluster.StartNewAsync();
        await MoviesSchema.CreateAsync(_patient, "movies", 500);
        await _patient.ExecuteAsync("movies", "CREATE EXTENSION amcheck");
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await _patient.DisposeAsync();

    [Test]
    public async Task An_index_check_outside_of_the_window_leaves_a_run_that_waits_for_it()
    {
        var soon = TimeProvider.System.GetUtcNow().AddHours(3);
        var options = Options(FormattableString.Invariant($"{soon:HH}:00-{soon.AddHours(1):HH}:00"));
        await using var stage = await WorkerStage.StartAsync(options);
        await stage.TriggerAsync(JobNames.IndexCheck);
        JobRun? waits = null;
        await Poll.UntilAsync(
            async _ => await stage.HistoryAsync(JobNames.IndexCheckWindow) is [{ State: "pending", Deferrals: 1 } run] && (waits = run) is not null
                && await stage.HistoryAsync(JobNames.IndexCheckTable) is { Count: > 20 } tables && tables.All(t => t.EndedAt is not null),
            4 * EngineFleet.Limit, "the run that waits");
        Assert.That(waits!.DueAt.UtcDateTime, Is.EqualTo(soon.UtcDateTime.Date.AddHours(soon.UtcDateTime.Hour)).Within(TimeSpan.FromMinutes(1)));
        Assert.That(waits.Note, Does.Contain("waits for the maintenance window"));
        Assert.That((await stage.HistoryAsync(JobNames.IndexCheckTable)).Select(t => t.Note), Has.None.Contains("btree_parent"));
    }

    [Test]
    public async Task While_the_window_is_open_every_table_is_looked_at()
    {
        await using var stage = await WorkerStage.StartAsync(Options("00:00-23:59"));
        await stage.TriggerAsync(JobNames.IndexCheck);
        await stage.QuietAsync();
        var run = (await stage.HistoryAsync(JobNames.IndexCheckWindow)).Single();
        Assert.That(run.Note, Does.Match("^[0-9]{2,} tables$"));
    }

    [Test]
    public async Task What_one_window_has_no_time_for_the_next_one_goes_on_with()
    {
        var clock = new HandClock { Now = Before };
        await using var ledger = await LedgerAsync();
        await using var target = new Target(Options("02:00-03:00").Targets[0], clock);
        var look = new SlowLook(clock) { Takes = TimeSpan.FromMinutes(10) };
        var job = Job(ledger, target, look);

        Assert.That((await RunAsync(job)).DeferFor, Is.EqualTo(TimeSpan.FromMinutes(30)));
        Assert.That(look.Seen, Is.Empty);

        clock.Now = Before.AddMinutes(30);
        var first = await RunAsync(job);
        Assert.That((first.DeferFor, look.Seen.Count), Is.EqualTo(((TimeSpan?)TimeSpan.FromHours(23), 6)), first.Note);

        clock.Now = Before.AddDays(1).AddMinutes(30);
        look.Takes = TimeSpan.FromMinutes(40);
        look.CutOff = 2;
        Assert.That((await RunAsync(job)).Note, Does.StartWith("1 of "));
        Assert.That(look.Seen, Has.Count.EqualTo(8));

        clock.Now = Before.AddDays(2).AddMinutes(30);
        look.Takes = TimeSpan.FromHours(2);
        look.CutOff = 1;
        Assert.That((await RunAsync(job)).DeferFor, Is.EqualTo(TimeSpan.FromHours(22)));
        Assert.That(look.Seen[8], Is.EqualTo(look.Seen[7]), "what the end of the window cut off comes first in the next");

        clock.Now = Before.AddDays(3).AddMinutes(30);
        look.Takes = TimeSpan.Zero;
        var last = await RunAsync(job);
        Assert.That(last.DeferFor, Is.Null, last.Note);
        look.Seen.RemoveAt(8);
        Assert.That(look.Seen, Is.Unique, "one that is too large for a window is not begun again and again");
        Assert.That(look.Seen, Has.Count.GreaterThan(20));

        Assert.That((await RunAsync(job)).DeferFor, Is.Null, "and from the beginning");
        Assert.That(look.Seen, Has.Count.GreaterThan(40));
    }

    private HealingOptions Options(string window) => new()
    {
        Mode = HealingMode.Observe,
        Targets = [new() { Name = "movies", Connection = _patient.ConnectionString("movies"), MaintenanceWindow = window }],
        AutoHealing = new() { Impact = Impact.High },
        Worker = new() { Lease = TimeSpan.FromMinutes(5), Drain = TimeSpan.FromSeconds(2) },
    };

    private static async Task<LedgerDb> LedgerAsync()
    {
        const string Database = "window_checks";
        await EngineCluster.Cluster.CreateDatabaseAsync(Database);
        var connection = EngineCluster.Cluster.ConnectionString(Database);
        await new Migrator(connection, TimeProvider.System).MigrateAsync(null, CancellationToken.None);
        return CalmLedger.At(connection);
    }

    private static IndexCheckWindowJob Job(LedgerDb db, Target target, ICheck check)
    {
        var options = new HealingOptions { Targets = [target.Options] };
        var (incidents, memory) = (new IncidentLedger(db), new CheckMemory(db));
        var runner = new CheckRunner(options, incidents, memory, null!,
            new ReportKeeper(options, incidents, new ReportSpool(Path.Combine(Path.GetTempPath(), "hw-window-checks"), TimeProvider.System), null!, "worker", NullLogger<ReportKeeper>.Instance),
            "worker", FaultInjector.None, NullLogger<CheckRunner>.Instance);
        return new(new TargetSet([target]), [check], runner, incidents, memory);
    }

    private static Task<JobOutcome> RunAsync(IndexCheckWindowJob job) =>
        job.RunAsync(new JobContext(1, "window", "movies", [], 1, 1, _ => { }), CancellationToken.None);

    /// <summary>The real check, after which time has passed.</summary>
    private sealed class SlowLook(HandClock clock) : ICheck
    {
        private readonly BtreeParentCheck _check = new();

        public CheckDescription Description => _check.Description;
        public List<long> Seen { get; } = [];
        public TimeSpan Takes { get; set; }

        /// <summary>The how-manieth look from now is cut off by the end of the window.</summary>
        public int CutOff { get; set; }

        public async Task<CheckReport> RunAsync(CheckRequest request, CancellationToken cancel)
        {
            Seen.Add(request.Scope.Table ?? 0);
            var report = await _check.RunAsync(request, cancel);
            clock.Now += Takes;
            return --CutOff == 0 ? report with { Status = CheckStatus.Failed, Reason = "the window ended" } : report;
        }
    }

    private sealed class HandClock : TimeProvider
    {
        public required DateTimeOffset Now { get; set; }

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
