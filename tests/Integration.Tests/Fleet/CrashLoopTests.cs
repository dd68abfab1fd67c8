using System.Globalization;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Drill;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Fleet;

/// <summary>A repair that kills its worker each time is given up after its attempts, and only a person gives it more.</summary>
[TestFixture, Parallelizable(ParallelScope.Self)]
public sealed class CrashLoopTests : FleetFixture
{
    private const int Allowed = 3;

    protected override IReadOnlyList<string> Patients => ["counted", "uncounted"];

    [TestCase("counted", FaultPoint.AfterRepairing)]
    // Before the attempt is counted it is the run itself that may not kill for ever.
    [TestCase("uncounted", FaultPoint.TargetLocked)]
    public async Task It_is_escalated_and_stays_so_until_a_person_reopens_it(string name, FaultPoint point)
    {
        await AdmitAsync(name);
        var before = Fleet.SortOutTheDead();
        Fleet.StrikeAlwaysAt(point);
        await LookAsync();
        await DieUntilEscalatedAsync();
        var escalated = await HealedOnce.SettledAsync(Fleet, Patient.Name, "Escalated");
        Assert.That(Fleet.SortOutTheDead() - before, Is.InRange(1, Allowed), "workers that died; an attempt also ends with its lease, on a machine that stands still");
        Assert.That(escalated.Attempts, Is.LessThanOrEqualTo(Allowed));

        Fleet.Spare();
        await Fleet.FillUpAsync();
        await FindAgainAsync(escalated);

        var reopened = await Fleet.RunAsync("incidents", "reopen", escalated.Id.ToString(CultureInfo.InvariantCulture), "--why", "the memory was replaced");
        Assert.That(reopened.ExitCode, Is.Zero, reopened.ToString());
        var healed = await HealedOnce.AssertAsync(Fleet, Patient);
        Assert.That(healed.Id, Is.EqualTo(escalated.Id));
        Assert.That(healed.Attempts, Is.EqualTo(escalated.Attempts + 1));
        Assert.That(healed.AttemptsAllowed, Is.EqualTo(escalated.Attempts + Allowed));
    }

    private async Task FindAgainAsync(SeenIncident escalated)
    {
        await LookAsync();
        await Poll.UntilAsync(
            async _ => (await Fleet.Ledger.IncidentsAsync(Patient.Name)).Any(i => i.SeenCount > escalated.SeenCount), HealedOnce.Patience, "found again");
        var again = await HealedOnce.SettledAsync(Fleet, Patient.Name, "Escalated");
        Assert.That(again, Is.EqualTo(escalated with { SeenCount = again.SeenCount }), "an escalated incident is only counted");
        Assert.That(Patient.RebuildsDone(), Is.Zero);
    }

    /// <summary>Fills the fleet up after each death, as an init system would.</summary>
    private Task DieUntilEscalatedAsync() => Poll.UntilAsync(
        async _ =>
        {
            Fleet.StartMissing();
            return (await Fleet.Ledger.IncidentsAsync(Patient.Name)).Any(i => i.State == "Escalated");
        },
        TimeSpan.FromSeconds(90), "escalated after its attempts");
}
