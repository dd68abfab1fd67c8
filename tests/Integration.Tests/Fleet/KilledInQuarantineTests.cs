using System.Globalization;
using HealingWorkers.Drill;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Schedule;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Fleet;

/// <summary>
/// A repair that takes rows away, killed at each station: the other worker of its fleet finishes it. Several small fleets die side by side,
/// each in a ledger of its own, so that what is waited for is the lease and not the machine.
/// </summary>
[TestFixture, Parallelizable(ParallelScope.Self)]
public sealed class KilledInQuarantineTests
{
    private const int Lanes = 3;
    /// <summary>A lease that is not renewed on a machine that is busy elsewhere passes on, and the work is done anew: it only takes longer.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(150);
    private readonly Dictionary<FaultPoint, Task> _deaths = [];
    private readonly List<WorkerFleet> _fleets = [];
    private PgCluster? _target;

    // from the repair's own run on; what comes before is the same for all repairs, and no index is rebuilt here
    private static IEnumerable<FaultPoint> Stations => Enum.GetValues<FaultPoint>().Where(p => p is >= FaultPoint.RunClaimed and < FaultPoint.FailoverBegun and not FaultPoint.MidRebuild);

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _target = await PgCluster.StartNewAsync();
        var patients = (await Bereft.AdmitAsync(_target, Stations.Select(Name))).ToDictionary(p => p.Name, StringComparer.Ordinal);
        for (var lane = 0; lane < Lanes; lane++)
        {
            var points = Stations.Where((_, number) => number % Lanes == lane).ToList();
            var fleet = await WorkerFleet.StartAsync(_target,
                ["database: { auto_healing: { enabled: false } }", "snapshots: { base_backup: never }", "targets:", .. points.Select(p => patients[Name(p)].Line)], size: 2);
            _fleets.Add(fleet);
            var before = Task.CompletedTask;
            foreach (var point in points)
            {
                _deaths[point] = before = InTurnAsync(before, () => DieAsync(fleet, patients[Name(point)], point));
            }
        }
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        foreach (var fleet in _fleets)
        {
            await fleet.DisposeAsync();
        }
        if (_target is not null)
        {
            await _target.DisposeAsync();
        }
    }

    [TestCaseSource(nameof(Stations))]
    public Task A_worker_dies_and_another_takes_each_row_away_once(FaultPoint point) => _deaths[point];

    /// <summary>One that failed has told so, and is no reason to leave out the next.</summary>
    private static async Task InTurnAsync(Task before, Func<Task> next)
    {
        await before.ContinueWith(static _ => { }, TaskScheduler.Default);
        await next();
    }

    private static async Task DieAsync(WorkerFleet fleet, Bereft patient, FaultPoint point)
    {
        try
        {
            fleet.Spare();
            await fleet.FillUpAsync();
            await (point switch
            {
                FaultPoint.BeforeCrashCounted or FaultPoint.AfterCrashCounted => AfterAnotherAsync(fleet, patient, point),
                FaultPoint.BeforePutOff or FaultPoint.AfterPutOff or FaultPoint.RunDeferred => WhilePuttingOffAsync(fleet, patient, point),
                FaultPoint.BeforeFailed or FaultPoint.AfterFailed => AfterAFailureAsync(fleet, patient, point),
                FaultPoint.BeforeEscalated or FaultPoint.AfterEscalated => WhileAPersonIsCalledAsync(fleet, patient, point),
                _ => StruckAsync(fleet, patient, point),
            });
            if (point is not (FaultPoint.BeforeEscalated or FaultPoint.AfterEscalated))
            {
                await AssertTakenOnceAsync(fleet, patient);
            }
        }
        catch (Exception e) when (e is not AssertionException)
        {
            throw new AssertionException($"{point}: {e.Message}\n{await fleet.Ledger.TellAsync(patient.Name)}", e);
        }
    }

    /// <summary>The first that comes to the point dies there; what is in the database then is whole.</summary>
    private static async Task StruckAsync(WorkerFleet fleet, Bereft patient, FaultPoint point, bool look = true)
    {
        var once = fleet.StrikeOnceAt(point, "kill");
        if (look)
        {
            await LookAsync(fleet, patient);
        }
        var struck = await fleet.StruckAsync(once, Patience);
        Assert.That(await struck.WaitForExitAsync(TimeSpan.FromSeconds(10)), Is.EqualTo(128 + (int)Signal.Kill), $"{point}");
        Assert.That(fleet.Workers.Count(w => w.HasExited), Is.EqualTo(1), $"{point}");
        await patient.AssertNothingLostAsync($"killed at {point}");
        fleet.StartMissing();
    }

    /// <summary>Who takes over dies as well.</summary>
    private static async Task AfterAnotherAsync(WorkerFleet fleet, Bereft patient, FaultPoint point)
    {
        await StruckAsync(fleet, patient, FaultPoint.RepairApplied);
        await StruckAsync(fleet, patient, point, look: false);
    }

    /// <summary>Somebody is at work on one of the rows.</summary>
    private static async Task WhilePuttingOffAsync(WorkerFleet fleet, Bereft patient, FaultPoint point)
    {
        await using var held = await patient.HoldOneAsync();
        await StruckAsync(fleet, patient, point);
    }

    /// <summary>The owner's own table refuses the first time.</summary>
    private static async Task AfterAFailureAsync(WorkerFleet fleet, Bereft patient, FaultPoint point)
    {
        await patient.DoAsync("INSERT INTO nothing_may_be_told VALUES ('a test')");
        await StruckAsync(fleet, patient, point);
        await patient.DoAsync("TRUNCATE nothing_may_be_told");
    }

    /// <summary>A rule of the table stands in the way, and nobody but a person moves it.</summary>
    private static async Task WhileAPersonIsCalledAsync(WorkerFleet fleet, Bereft patient, FaultPoint point)
    {
        await patient.DoAsync("CREATE RULE keep AS ON DELETE TO reviews DO INSTEAD NOTHING");
        await StruckAsync(fleet, patient, point);
        var incident = await HealedOnce.SettledAsync(fleet, patient.Name, "Escalated", Patience);
        Assert.That(await fleet.Ledger.AlertsAsync(incident.Id), Is.EqualTo(new[] { "escalated" }), "alerts by the log");
        Assert.That(await patient.AssertNothingLostAsync("at the end"), Is.Zero);
    }

    private static async Task AssertTakenOnceAsync(WorkerFleet fleet, Bereft patient)
    {
        var incident = await HealedOnce.SettledAsync(fleet, patient.Name, "Resolved", Patience);
        Assert.That(await patient.AssertNothingLostAsync("at the end"), Is.EqualTo(2 * Bereft.Orphans), "rows in quarantine");
        await patient.AssertToldOnceAsync();
        await patient.AssertNothingLeftAsync();
        var attempts = await fleet.Ledger.AttemptsAsync(incident.Id);
        var told = string.Join(", ", attempts);
        Assert.That(attempts.Count(a => a.Outcome == "succeeded"), Is.EqualTo(1), told);
        Assert.That(attempts.Select(a => a.Outcome), Has.None.Null, told);
        Assert.That(await fleet.Ledger.QuarantinesInReceiptsAsync(incident.Id), Is.EqualTo(new[] { 2L * Bereft.Orphans }), "one receipt of success, with all rows");
        Assert.That(fleet.Workers.Any(w => w.HasExited), Is.False, "another worker died too");
    }

    private static async Task LookAsync(WorkerFleet fleet, Bereft patient)
    {
        await using var db = new LedgerDb(fleet.Control.ConnectionString(LedgerView.Database));
        var dispatcher = new JobDispatcher(db, new JobLedger(db), engine: null, TimeProvider.System, NullLogger<JobDispatcher>.Instance);
        Assert.That(await dispatcher.TriggerAsync(JobNames.OrphanCleanup, patient.Name, null, "a test", CancellationToken.None), Is.Not.Null);
    }

    private static string Name(FaultPoint point) => point.ToString().ToLower(CultureInfo.InvariantCulture);
}
