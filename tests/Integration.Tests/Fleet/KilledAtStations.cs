using System.Globalization;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Drill;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Fleet;

/// <summary>Whichever worker comes first to a station is killed there; the others finish its work, once.</summary>
public abstract class KilledAtStations : FleetFixture
{
    /// <summary>Every station that the code has, so that a new one that nobody comes by fails here; two fleets share them.</summary>
    protected static IEnumerable<FaultPoint> Share(int of) => OfWorkers.Where((_, number) => number % 2 == of);

    /// <summary>A failover is no worker's: it is killed in its own tests.</summary>
    private static IEnumerable<FaultPoint> OfWorkers => Enum.GetValues<FaultPoint>().Where(p => !p.ToString().StartsWith("Failover", StringComparison.Ordinal));

    protected override IReadOnlyList<string> Patients => [.. OfWorkers.Select(Name)];

    protected override IReadOnlyList<string> Watched => [Name(FaultPoint.BeforeEscalated), Name(FaultPoint.AfterEscalated)];

    protected Task DieAsync(FaultPoint point) => point switch
    {
        FaultPoint.MidRebuild => DieWhileTheRebuildGoesOnAsync(),
        FaultPoint.BeforeFailed or FaultPoint.AfterFailed => DieAfterAFailureAsync(point),
        FaultPoint.BeforePutOff or FaultPoint.AfterPutOff or FaultPoint.RunDeferred => DieWhilePuttingOffAsync(point),
        FaultPoint.BeforeCrashCounted or FaultPoint.AfterCrashCounted => DieAfterAnotherAsync(point),
        FaultPoint.BeforeEscalated or FaultPoint.AfterEscalated => DieWhileAPersonIsCalledAsync(point),
        _ => DieOnTheWayAsync(point),
    };

    private async Task DieOnTheWayAsync(FaultPoint point)
    {
        await AdmitAsync(Name(point));
        var once = Fleet.StrikeOnceAt(point, "kill");
        await LookAsync();
        await AssertDiedAsync(once);
        await HealedOnce.AssertAsync(Fleet, Patient);
        Assert.That(Fleet.Workers.Any(w => w.HasExited), Is.False, "another worker died too");
    }

    /// <summary>Somebody cancels the first rebuild by hand.</summary>
    private async Task DieAfterAFailureAsync(FaultPoint point)
    {
        await AdmitAsync(Name(point));
        await using (var writer = await Patient.HoldUpRebuildsAsync())
        {
            var once = Fleet.StrikeOnceAt(point, "kill");
            await LookAsync();
            await Patient.CancelAsync(await Patient.RebuildingAsync(HealedOnce.Patience));
            await AssertDiedAsync(once);
        }
        var incident = await HealedOnce.AssertAsync(Fleet, Patient);
        Assert.That(incident.Attempts, Is.InRange(2, 3), "one more where the machine stood still for longer than a lease");
    }

    /// <summary>Somebody rebuilds another index of the table, so that the repair has to wait.</summary>
    private async Task DieWhilePuttingOffAsync(FaultPoint point)
    {
        await AdmitAsync(Name(point));
        await using (await HeldRebuild.StartAsync(Patient.Cluster, Patient.Name, Patient.OtherIndex))
        {
            var once = Fleet.StrikeOnceAt(point, "kill");
            await LookAsync();
            await AssertDiedAsync(once);
        }
        var incident = await HealedOnce.AssertAsync(Fleet, Patient);
        var died = (await Fleet.Ledger.AttemptsAsync(incident.Id)).Count(a => a.Outcome == "crashed");
        Assert.That(incident.Attempts - died, Is.EqualTo(1), "putting off was counted");
    }

    /// <summary>The one that takes over dies as well.</summary>
    private async Task DieAfterAnotherAsync(FaultPoint point)
    {
        await AdmitAsync(Name(point));
        var first = Fleet.StrikeOnceAt(FaultPoint.AfterRepairing, "kill");
        await LookAsync();
        await AssertDiedAsync(first);
        await AssertDiedAsync(Fleet.StrikeOnceAt(point, "kill"));
        var incident = await HealedOnce.AssertAsync(Fleet, Patient);
        Assert.That(incident.Attempts, Is.InRange(2, 3), "one more where the machine stood still for longer than a lease");
    }

    /// <summary>The role of this target may look and not repair.</summary>
    private async Task DieWhileAPersonIsCalledAsync(FaultPoint point)
    {
        await AdmitAsync(Name(point));
        var once = Fleet.StrikeOnceAt(point, "kill");
        await LookAsync();
        await AssertDiedAsync(once);
        var incident = await HealedOnce.SettledAsync(Fleet, Patient.Name, "Escalated");
        Assert.That(await Fleet.Ledger.AlertsAsync(incident.Id), Is.EqualTo(new[] { "escalated" }), "alerts by the log");
        Assert.That(await Fleet.Ledger.AttemptsAsync(incident.Id), Is.Empty);
        Assert.That(Patient.RebuildsDone(), Is.Zero);
        await Patient.AssertNothingLeftAsync();
    }

    /// <summary>Its client is dead, and the backend lives on and hears nothing, as one that waits for a disk: nobody begins before it is gone.</summary>
    private async Task DieWhileTheRebuildGoesOnAsync()
    {
        await AdmitAsync(Name(FaultPoint.MidRebuild));
        await using var writer = await Patient.HoldUpRebuildsAsync();
        var once = Fleet.StrikeOnceAt(FaultPoint.MidRebuild, "kill");
        await LookAsync();
        await AssertDiedAsync(once);
        var backend = await Patient.RebuildingAsync(TimeSpan.FromSeconds(5));
        Assert.That(ProcessTable.Send(backend, Signal.Stop), Is.True);
        try
        {
            if (!(await Patient.RebuildersAsync()).SequenceEqual([backend]))
            {
                throw new TimeoutException("Not within 5 s: a backend stopped before it noticed that its client was gone");
            }
            Assert.That(await Fleet.Ledger.BackendsAsync(Patient.Name), Is.EqualTo(new[] { backend }), "the ledger names another backend");

            await Poll.UntilAsync(() => ProcessTable.IsPending(backend, Signal.Terminate), TimeSpan.FromSeconds(30), "a successor that ends the backend");
            Assert.That((await Fleet.Ledger.IncidentsAsync(Patient.Name)).Single().Attempts, Is.EqualTo(1), "the successor began beside a backend that lives");
            Assert.That(await Patient.RebuildersAsync(), Is.EqualTo(new[] { backend }));
        }
        finally
        {
            // one that stands still for good may hold what all the others wait for
            ProcessTable.Send(backend, Signal.Continue);
        }
        await Poll.UntilAsync(() => !ProcessTable.IsAlive(backend), TimeSpan.FromSeconds(10), "the backend gone");
        await writer.CloseAsync();

        var incident = await HealedOnce.AssertAsync(Fleet, Patient);
        Assert.That(Patient.WasTerminated(backend), Is.True, "the server does not say that the backend was ended by command");
        Assert.That(incident.Attempts, Is.InRange(2, 3), "one more where the machine stood still for longer than a lease");
    }

    private async Task AssertDiedAsync(string once)
    {
        var struck = await Fleet.StruckAsync(once, HealedOnce.Patience);
        Assert.That(await struck.WaitForExitAsync(TimeSpan.FromSeconds(10)), Is.EqualTo(128 + (int)Signal.Kill));
        Assert.That(Fleet.Workers.Count(w => w.HasExited), Is.EqualTo(1));
        Fleet.StartMissing();
    }

    private static string Name(FaultPoint point) => point.ToString().ToLower(CultureInfo.InvariantCulture);
}
