using HealingWorkers.Drill;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Targets;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Healing;

/// <summary>Two targets that answer as the same database, as a physical copy and its original do.</summary>
[TestFixture]
internal sealed class TwinTargetTests
{
    [Test]
    public async Task Nothing_is_repaired_while_nobody_can_tell_where_it_was_found()
    {
        await using var hospital = await Hospital.OpenAsync(rows: 300);
        await using var twin = new Target(new TargetOptions { Name = "staging", Connection = hospital.Target.Options.Connection }, TimeProvider.System);
        await twin.FactsAsync(CancellationToken.None);
        await hospital.Damage.Index.ZeroLeafAsync("movies_title_idx");
        var found = (await hospital.CheckAsync()).Single();
        var before = await NodeAsync(hospital);

        var factory = new HealerFactory(hospital.Options, hospital.Db, new TargetSet([hospital.Target, twin]), hospital.Checks, TimeProvider.System, NullLoggerFactory.Instance);
        var outcome = await factory.Create().HealAsync(found.Id, "worker", CancellationToken.None);
        Assert.That((outcome.State, outcome.Deferred), Is.EqualTo((IncidentState.AwaitingWindow, true)));
        Assert.That(outcome.Note, Does.Contain("and staging answer as the same database"));
        Assert.That(await NodeAsync(hospital), Is.EqualTo(before));

        Assert.That((await hospital.HealAsync(found.Id)).State, Is.EqualTo(IncidentState.Resolved), "the twin is gone from the configuration");
    }

    private static Task<uint> NodeAsync(Hospital hospital) => Hospital.Cluster.ScalarAsync<uint>(hospital.Database, "SELECT relfilenode FROM pg_class WHERE relname = 'movies_title_idx'");
}
