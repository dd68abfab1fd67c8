using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Targets;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Healing;

/// <summary>What becomes of a deadly read in the ledger: it goes to a person, and only a person lets the object be read again.</summary>
[TestFixture]
internal sealed class DeadlyReadIncidentTests
{
    [TestCase(true)]
    [TestCase(false)]
    public async Task It_escalates_stays_fenced_off_and_is_read_again_when_a_person_says_so(bool close)
    {
        await using var hospital = await Hospital.OpenAsync(100);
        var facts = await hospital.Target.FactsAsync(default);
        var movies = new RelationName(await Hospital.Cluster.ScalarAsync<long>(hospital.Database, "SELECT 'movies'::regclass::oid::bigint"), "public.movies");
        var ledger = new IncidentLedger(hospital.Db);
        var target = await ledger.RegisterTargetAsync("movies", facts, default);
        var memory = new CheckMemory(hospital.Db);
        await memory.RememberAsync(facts.Id, "deadly_read:btree", movies.Quoted, new DeadlyRead("btree", movies.Oid, movies.Quoted, "SELECT 1", "the server crashed", TimeProvider.System.GetUtcNow()).Json(), default);

        var incident = (await hospital.CheckAsync(new BtreeCheck())).Single();
        Assert.That(incident.Kind, Is.EqualTo(FindingKind.DeadlyRead));
        Assert.That(incident.Detail, Does.Contain("the server crashed while the check btree read it with SELECT 1"));
        var outcome = await hospital.HealAsync(incident.Id);
        Assert.That((outcome.State, outcome.Note), Is.EqualTo((IncidentState.Escalated, $"there is no repair for deadly_read here, a person must look at it: {incident.Detail}")));
        Assert.That((await hospital.CheckAsync(new BtreeCheck())).Single().State, Is.EqualTo(IncidentState.Escalated), "still fenced off");

        Assert.That((await ledger.BeforeLookAsync(target, default)).Known.WhyNotRows(movies.Oid), Is.Not.Null, "other checks leave its rows alone");
        Assert.That((await ledger.BeforeLookAsync(target, default, fencesOnly: true)).Known.WhyNotRows(movies.Oid), Is.Not.Null);

        var decisions = new IncidentDecisions(new IncidentLedger(hospital.Db), 3);
        await (close ? decisions.CloseAsync(incident.Id, "anna", "restored", default) : decisions.ReopenAsync(incident.Id, "anna", "look again", default));
        Assert.That(await memory.RecallAllAsync(facts.Id, "deadly_read:btree", default), Is.Empty);
        Assert.That((await ledger.BeforeLookAsync(target, default)).Known.WhyNotAtAll(movies.Oid), Is.Null);
        var report = await new BtreeCheck().RunAsync(new(hospital.Target, CheckScope.All) { Memory = memory }, default);
        Assert.That((report.Status, report.Examined.Contains(movies.Oid)), Is.EqualTo((CheckStatus.Clean, true)), report.Reason);
    }

    [Test]
    public async Task Of_an_index_only_the_ways_by_an_index_are_left_alone()
    {
        await using var hospital = await Hospital.OpenAsync(100);
        var facts = await hospital.Target.FactsAsync(default);
        var ledger = new IncidentLedger(hospital.Db);
        var target = await ledger.RegisterTargetAsync("movies", facts, default);
        var read = new DeadlyRead("gin", 5, "public.some_idx", "SELECT 1", "the server crashed", TimeProvider.System.GetUtcNow()) { Table = 4 };
        await new CheckMemory(hospital.Db).RememberAsync(facts.Id, "deadly_read:gin", read.Object, read.Json(), default);
        foreach (var known in new[] { (await ledger.BeforeLookAsync(target, default)).Known, KnownDamage.Of([new CheckReport("gin", CheckStatus.Damaged, default, null, [read.Finding(facts.Id)], [])]) })
        {
            Assert.That((known.WhyNotRows(4), known.WhyNotAtAll(4) is not null, known.WhyNotAtAll(5)), Is.EqualTo(((string?)null, true, (string?)null)));
        }
    }
}
