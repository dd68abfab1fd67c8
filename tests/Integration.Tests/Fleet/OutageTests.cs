using HealingWorkers.Drill;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Fleet;

/// <summary>Half a minute without the control database, and without the target, in the middle of a repair.</summary>
[TestFixture, Parallelizable(ParallelScope.Self)]
public sealed class OutageTests : FleetFixture
{
    private static readonly TimeSpan Outage = TimeSpan.FromSeconds(30);

    protected override IReadOnlyList<string> Patients => ["forgotten", "unreachable"];

    [Test]
    public async Task The_control_database_is_away()
    {
        await AdmitAsync("forgotten");
        await using var writer = await Patient.HoldUpRebuildsAsync();
        await LookAsync();
        await Patient.RebuildingAsync(HealedOnce.Patience);
        await Fleet.Control.StopAsync();
        await Task.Delay(Outage / 6, TimeProvider.System);
        await writer.CloseAsync();
        await Task.Delay(Outage / 6 * 5, TimeProvider.System);
        AssertAllAlive();
        await Fleet.Control.StartAsync();
        await HealedOnce.AssertAsync(Fleet, Patient, HealedOnce.Patience);
        await Fleet.FillUpAsync();
    }

    [Test]
    public async Task The_target_is_away()
    {
        await AdmitAsync("unreachable");
        await using var writer = await Patient.HoldUpRebuildsAsync();
        await LookAsync();
        await Patient.RebuildingAsync(HealedOnce.Patience);
        await Fleet.Target.StopAsync();
        await Task.Delay(Outage, TimeProvider.System);
        AssertAllAlive();
        await Fleet.Target.StartAsync();
        await HealedOnce.AssertAsync(Fleet, Patient, TimeSpan.FromSeconds(120));
        AssertAllAlive();
    }

    private void AssertAllAlive() => Assert.That(Fleet.Workers.Count(w => w.HasExited), Is.Zero, "a worker did not outlive the outage");
}
