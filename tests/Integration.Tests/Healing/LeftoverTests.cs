using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Drill;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Healing;

[TestFixture]
internal sealed class LeftoverTests
{
    [TestCase(RebuildStation.Building)]
    [TestCase(RebuildStation.Swapped)]
    public async Task A_leftover_is_dropped_and_its_definition_kept(RebuildStation station)
    {
        await using var hospital = await Hospital.OpenAsync();
        var left = await hospital.Damage.LeftoverAsync("movies_title_idx", station);
        var found = await hospital.TakeInAsync(await new LeftoversCheck().RunAsync(new(hospital.Target, CheckScope.All), CancellationToken.None));
        var outcome = await hospital.HealAsync(found.Single().Id);
        Assert.That(outcome.State, Is.EqualTo(IncidentState.Resolved), outcome.Note);
        await hospital.AssertSoundAsync();
        var evidence = Directory.GetFiles(hospital.Options.StateDirectory, "evidence.json", SearchOption.AllDirectories).Single();
        Assert.That(await File.ReadAllTextAsync(evidence), Does.Contain($"CREATE INDEX {left}"));
    }

    [Test]
    public async Task An_index_that_somebody_builds_anew_is_left_alone()
    {
        await using var hospital = await Hospital.OpenAsync();
        var left = await hospital.Damage.LeftoverAsync("movies_title_idx");
        var found = await hospital.TakeInAsync(await new LeftoversCheck().RunAsync(new(hospital.Target, CheckScope.All), CancellationToken.None));
        await using (await HeldRebuild.StartAsync(Hospital.Cluster, hospital.Database, "movies_pkey"))
        {
            Assert.That((await hospital.HealAsync(found.Single().Id)).Note, Does.Contain("being built"));
        }
        await Hospital.Cluster.ExecuteAsync(hospital.Database, $"REINDEX INDEX {left}");
        Assert.That((await hospital.HealAsync(found.Single().Id)).State, Is.EqualTo(IncidentState.Resolved));
        Assert.That(await Hospital.Cluster.ScalarAsync<bool>(hospital.Database, "SELECT indisvalid FROM pg_index WHERE indexrelid = @left::regclass", new { left }), Is.True);
    }
}
