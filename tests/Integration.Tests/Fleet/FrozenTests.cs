using System.Globalization;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Drill;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Fleet;

/// <summary>A worker is stopped in the middle of a repair, replaced, and woken when all is done: it must do nothing more.</summary>
[TestFixture, Parallelizable(ParallelScope.Self)]
public sealed class FrozenTests : FleetFixture
{
    private static readonly TimeSpan Watch = TimeSpan.FromSeconds(3);

    private static readonly FaultPoint[] Stations =
    [
        FaultPoint.AfterLease, FaultPoint.TargetLocked, FaultPoint.BeforeAttempt, FaultPoint.AfterAttempt, FaultPoint.SnapshotWritten,
        FaultPoint.BeforeRepairing, FaultPoint.AfterRepairing, FaultPoint.RepairApplied, FaultPoint.Verified, FaultPoint.BeforeResolved,
    ];

    protected override IReadOnlyList<string> Patients => [.. Stations.Append(FaultPoint.MidRebuild).Select(Name)];

    [TestCaseSource(nameof(Stations))]
    public async Task It_wakes_up_and_changes_nothing(FaultPoint point)
    {
        await AdmitAsync(Name(point));
        var once = Fleet.StrikeOnceAt(point, "freeze");
        await LookAsync();
        var frozen = await AssertFrozenAsync(once);
        await HealedOnce.SettledAsync(Fleet, Patient.Name, "Resolved");
        await AssertNothingComesOfAsync(frozen);
    }

    /// <summary>Its socket is open and its backend works on: the successor has to end that backend, by pid and start.</summary>
    [Test]
    public async Task Its_rebuild_that_goes_on_is_ended_first()
    {
        await AdmitAsync(Name(FaultPoint.MidRebuild));
        await using var writer = await Patient.HoldUpRebuildsAsync();
        var once = Fleet.StrikeOnceAt(FaultPoint.MidRebuild, "freeze");
        await LookAsync();
        var frozen = await AssertFrozenAsync(once);
        var backend = await Patient.RebuildingAsync(TimeSpan.FromSeconds(5));
        await Poll.UntilAsync(() => !ProcessTable.IsAlive(backend), TimeSpan.FromSeconds(20), "the frozen worker's backend gone");
        Assert.That(Patient.WasTerminated(backend), Is.True);
        await writer.CloseAsync();
        await HealedOnce.SettledAsync(Fleet, Patient.Name, "Resolved");
        await AssertNothingComesOfAsync(frozen);
    }

    private async Task<ChildProcess> AssertFrozenAsync(string once)
    {
        var struck = await Fleet.StruckAsync(once, HealedOnce.Patience);
        await Poll.UntilAsync(() => ProcessTable.IsStopped(struck.Pid), TimeSpan.FromSeconds(5), "a worker that is stopped");
        return struck;
    }

    private async Task AssertNothingComesOfAsync(ChildProcess frozen)
    {
        var before = await Fleet.Ledger.EverythingAsync(Patient.Name);
        var said = frozen.All.Count;
        Assert.That(ProcessTable.IsStopped(frozen.Pid), Is.True, "it was awake all the time");
        frozen.Send(Signal.Continue);
        await Poll.UntilAsync(() => !ProcessTable.IsStopped(frozen.Pid) && frozen.All.Count > said, TimeSpan.FromSeconds(15), "a word from the woken worker");
        await Task.Delay(Watch, TimeProvider.System);
        Assert.That(await Fleet.Ledger.EverythingAsync(Patient.Name), Is.EqualTo(before), "the woken worker has written to the ledger");
        await HealedOnce.AssertAsync(Fleet, Patient);
        Assert.That(frozen.HasExited, Is.False, "the woken worker ended");
        await Fleet.FillUpAsync();
    }

    private static string Name(FaultPoint point) => point.ToString().ToLower(CultureInfo.InvariantCulture);
}
