using System.Globalization;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.TestKit;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Fleet;

/// <summary>Whichever worker comes first to a station is killed there; the others finish its work, once.</summary>
[TestFixture, NonParallelizable]
public sealed class KilledAtEachStationTests : FleetFixture
{
    protected override IReadOnlyList<string> Patients => [.. Enum.GetValues<FaultPoint>().Select(Name)];

    private static IEnumerable<FaultPoint> Stations => Enum.GetValues<FaultPoint>().Where(p => p != FaultPoint.MidRebuild);

    [TestCaseSource(nameof(Stations))]
    public async Task A_worker_dies_and_the_others_heal_once(FaultPoint point)
    {
        await TakeIllAsync(Name(point));
        var once = Fleet.StrikeOnceAt(point, "kill");
        await LookAsync();
        await AssertDiedAsync(once);
        await HealedOnce.AssertAsync(Fleet, Patient);
        Assert.That(Fleet.Workers, Has.Count.EqualTo(2), "another worker died too");
    }

    /// <summary>Its client is dead, and the backend lives on and hears nothing, as one that waits for a disk: nobody begins before it is gone.</summary>
    [Test]
    public async Task A_worker_dies_while_its_rebuild_goes_on_and_the_successor_ends_exactly_that_backend()
    {
        await TakeIllAsync(Name(FaultPoint.MidRebuild));
        await using var writer = await Patient.HoldUpRebuildsAsync();
        var once = Fleet.StrikeOnceAt(FaultPoint.MidRebuild, "kill");
        await LookAsync();
        await AssertDiedAsync(once);
        var backend = await Patient.RebuildingAsync(TimeSpan.FromSeconds(5));
        Assert.That(ProcessTable.Send(backend, Signal.Stop), Is.True);
        Assert.That(await Fleet.Ledger.BackendsAsync(Patient.Name), Is.EqualTo(new[] { backend }), "the ledger names another backend");

        await Poll.UntilAsync(() => ProcessTable.IsPending(backend, Signal.Terminate), TimeSpan.FromSeconds(30), "a successor that ends the backend");
        Assert.That((await Fleet.Ledger.IncidentsAsync(Patient.Name)).Single().Attempts, Is.EqualTo(1), "the successor began beside a backend that lives");
        Assert.That(await Patient.RebuildersAsync(), Is.EqualTo(new[] { backend }));
        ProcessTable.Send(backend, Signal.Continue);
        await Poll.UntilAsync(() => !ProcessTable.IsAlive(backend), TimeSpan.FromSeconds(10), "the backend gone");
        await writer.CloseAsync();

        var incident = await HealedOnce.AssertAsync(Fleet, Patient);
        Assert.That(Patient.WasTerminated(backend), Is.True, "the server does not say that the backend was ended by command");
        Assert.That(incident.Attempts, Is.EqualTo(2));
    }

    private async Task AssertDiedAsync(string once)
    {
        var struck = await Fleet.StruckAsync(once, HealedOnce.Patience);
        Assert.That(await struck.WaitForExitAsync(TimeSpan.FromSeconds(10)), Is.EqualTo(128 + (int)Signal.Kill));
        Assert.That(Fleet.Workers.Count(w => w.HasExited), Is.EqualTo(1));
        Fleet.SortOutTheDead();
    }

    private static string Name(FaultPoint point) => point.ToString().ToLower(CultureInfo.InvariantCulture);
}
