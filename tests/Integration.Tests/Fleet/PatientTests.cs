using HealingWorkers.Drill;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Fleet;

/// <summary>The questions that the tests of the fleet ask can be answered with no.</summary>
[TestFixture]
public sealed class PatientTests
{
    [Test]
    public async Task Rebuilds_ends_damage_and_leftovers_are_told_apart()
    {
        await using var cluster = await PgCluster.StartNewAsync(Patient.Ward);
        var patient = (await Patient.AdmitAsync(cluster, ["sick"])).Single();
        await patient.AssertDamagedAsync();
        Assert.That(async () => await patient.AssertSoundAsync(), Throws.Exception);

        var held = await HeldRebuild.StartAsync(cluster, "sick", Patient.Index);
        var backend = held.BackendPid;
        Assert.That(await patient.RebuildingAsync(TimeSpan.FromSeconds(5)), Is.EqualTo(backend));
        await held.AbandonAsync(terminate: true);
        Assert.That(patient.RebuildsDone(), Is.Zero);
        Assert.That(patient.WasTerminated(backend), Is.True);
        Assert.That(async () => await patient.AssertNothingLeftAsync(), Throws.Exception);

        await cluster.ExecuteAsync("sick", $"DROP INDEX {held.TransientIndex}");
        await cluster.ExecuteAsync("sick", $"REINDEX INDEX CONCURRENTLY {Patient.Index}");
        Assert.That(patient.RebuildsDone(), Is.EqualTo(1));
        Assert.That(patient.RebuildsDone("testkit"), Is.EqualTo(1));
        Assert.That(patient.RebuildsDone("healing"), Is.Zero);
        await patient.AssertSoundAsync();
        await patient.AssertNothingLeftAsync();

        await cluster.ExecuteAsync("sick", "DELETE FROM items WHERE id = 7");
        Assert.That(async () => await patient.AssertSoundAsync(), Throws.Exception);
    }
}
