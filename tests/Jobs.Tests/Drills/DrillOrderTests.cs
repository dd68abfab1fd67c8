using HealingWorkers.Drill;
using HealingWorkers.Worker.Drills;
using NUnit.Framework;

namespace HealingWorkers.Jobs.Tests.Drills;

[TestFixture]
public sealed class DrillOrderTests
{
    [Test]
    public void A_case_has_the_same_seed_whatever_else_is_drilled()
    {
        var all = Order(5, DamageCatalogue.All).Cases().Single(c => c.Name == "sequence_behind");
        var alone = Order(5, [DamageCatalogue.Named("sequence_behind")!]).Cases().Single(c => c.Name == "sequence_behind");
        Assert.That(alone.Seed, Is.EqualTo(all.Seed));
        Assert.That(Order(6, DamageCatalogue.All).Cases().Single(c => c.Name == "sequence_behind").Seed, Is.Not.EqualTo(all.Seed));
    }

    [Test]
    public void A_mix_is_three_damages_and_the_same_three_again()
    {
        var mixes = Order(7, [], mixes: 3).Cases().Where(c => c.IsMix).ToList();
        Assert.That(mixes.Select(m => m.Damages.Count), Is.EqualTo(new[] { 3, 3, 3 }));
        Assert.That(mixes.SelectMany(m => m.Damages).Select(d => d.Name), Is.EqualTo(Order(7, [], mixes: 3).Cases().Where(c => c.IsMix).SelectMany(m => m.Damages).Select(d => d.Name)));
        Assert.That(mixes.Select(m => string.Join('+', m.Damages.Select(d => d.Name).Order())).Distinct().Count(), Is.GreaterThan(1));
    }

    [Test]
    public void Names_are_words_and_there_once() => Assert.That(DamageCatalogue.All.Select(c => c.Name), Is.Unique.And.All.Match("^[a-z]+(_[a-z]+)*$"));

    [Test]
    public void Only_where_there_are_checksums_can_one_be_wrong() =>
        Assert.That(Order(1, DamageCatalogue.All).Cases().Select(c => c.Name), Has.None.EqualTo("heap_checksum_field"));

    [TestCase(false, BestOutcome.Lossless, false)]
    [TestCase(false, BestOutcome.NotDetectable, true)]
    [TestCase(true, BestOutcome.Lossless, true)]
    public void What_could_be_seen_and_was_not_misses_the_goal(bool detected, BestOutcome best, bool met) =>
        Assert.That(Result(best, detected, detected ? DrillOutcome.Escalated : DrillOutcome.Missed).MeetsGoals, Is.EqualTo(met));

    [Test]
    public void A_lost_row_or_a_false_repair_or_a_false_cure_misses_the_goal()
    {
        var good = Result(BestOutcome.Lossless, true, DrillOutcome.Lossless);
        Assert.That(good.MeetsGoals);
        Assert.That((good with { RowsLost = ["a row"] }).MeetsGoals, Is.False);
        Assert.That((good with { FalseRepairs = ["an index"] }).MeetsGoals, Is.False);
        Assert.That((Result(BestOutcome.Escalated, true, DrillOutcome.Escalated) with { FalseRepairs = ["a row"] }).MeetsGoals, Is.False, "whoever is called finds rows moved that were sound");
        Assert.That((good with { Outcome = DrillOutcome.Failed }).MeetsGoals, Is.False);
    }

    [Test]
    public void The_page_names_what_was_not_seen_and_how_to_see_it_again()
    {
        var order = Order(99, DamageCatalogue.All);
        var page = DrillPage.Of(new DrillScore(order, [Result(BestOutcome.Lossless, false, DrillOutcome.Missed)]), all: 2);
        Assert.That(page, Does.Contain("1 of 2 broken databases"), "broken off, and says so");
        Assert.That(page, Does.Contain("- `sequence_behind`: 1 of 1"));
        Assert.That(page, Does.Contain("healing drill --versions 15 --checksums off --classes sequence_behind --seed 99"));
    }

    private static DrillResult Result(BestOutcome best, bool detected, DrillOutcome outcome) => new("sequence_behind", 15, false, best, detected, outcome, [], [], 1, 1, "", "");

    private static DrillOrder Order(int seed, IReadOnlyList<DamageClass> classes, int mixes = 0) => new([PgBinaries.Default], classes, [false], mixes, seed, 1) { WithHealthy = true };
}
