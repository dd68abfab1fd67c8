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

    [Test]
    public void The_page_is_made_again_by_the_command_that_it_names()
    {
        Assert.That(DrillPage.Of(new DrillScore(Order(9, DamageCatalogue.All, mixes: 3), []), all: 1), Does.Contain("--checksums off --mixes 3 --seed 9 --output"));
        var some = new DrillOrder([PgBinaries.Default], [DamageCatalogue.Named("sequence_behind")!], [true, false], 1, 9, 1);
        Assert.That(DrillWords.Command(some), Does.EndWith(" --classes sequence_behind,mix --mixes 1 --seed 9").And.Not.Contain("--checksums"));
    }

    [Test]
    public void The_page_tells_what_is_below_the_best_and_why()
    {
        var left = Result(BestOutcome.Lossless, true, DrillOutcome.Escalated);
        var page = DrillPage.Of(new DrillScore(Order(9, DamageCatalogue.All), [left, left with { Name = "heap_xmin_future" }]), all: 2);
        Assert.That(page, Does.Contain("- `sequence_behind`: 1 of 1; **no reason is known**"));
        Assert.That(page, Does.Contain("- `heap_xmin_future`: 1 of 1; declaring a row to be there"));
    }

    [Test]
    public void The_page_tells_what_does_no_harm_from_what_nothing_tells()
    {
        var missed = Result(BestOutcome.NotDetectable, false, DrillOutcome.Missed);
        var page = DrillPage.Of(new DrillScore(Order(9, DamageCatalogue.All), [missed with { Name = "free_space_map" }, missed with { Name = "heap_text_flipped" }]), all: 2);
        Assert.That(page, Does.Contain("- `free_space_map`: 1 of 1, which does no harm\n"));
        Assert.That(page, Does.Contain("- `heap_text_flipped`: 1 of 1, which nothing tells from a healthy database\n"));
    }

    [TestCase("public.a, public.b", true)]
    [TestCase("public.a", false)]
    [TestCase("public.c", false)]
    public void A_mix_is_detected_when_each_of_its_damages_is_that_can_be_seen(string found, bool detected)
    {
        var detection = new DrillDetection(
            [new(Named("heap_page_zeroed"), ["public.a"]), new(Named("sequence_behind"), ["public.b"]), new(Named("heap_text_flipped"), ["public.c"])], checksums: false);
        var report = new DrillReport(0, [.. found.Split(", ").Select(f => new DrillReport.Finding("kind", "warning", f, ""))], [], "");
        Assert.That(detection.Best, Is.EqualTo(BestOutcome.Escalated), "the worst of what can be seen");
        Assert.That(detection.Detected(report), Is.EqualTo(detected));
        Assert.That(detection.Missed(report).Contains("sequence_behind"), Is.Not.EqualTo(detected));
    }

    [TestCase("Escalated", "public.a", "a_fkey: public.a, which public.b points at: it has rows that are deadly to read", true)]
    [TestCase("Escalated", "public.a(0,7)", "public.z: altered; public.a, which public.b points at: left alone", true)]
    [TestCase("Resolved", "public.a", "public.a, which public.b points at: left alone", false)]
    [TestCase("Escalated", "public.other", "public.a, which public.b points at: left alone", false)]
    [TestCase("Escalated", "public.a", "public.a: left alone", false)]
    [TestCase("Escalated", "public.a", "public.b: it is being loaded", false)]
    [TestCase("Escalated", "public.a", "public.a, which public.b_too points at: left alone", false)]
    public void What_cannot_be_seen_before_another_damage_is_dealt_with_has_to_be_told_as_left_alone(string state, string open, string reason, bool heldBack)
    {
        var detection = new DrillDetection([new(Named("heap_page_zeroed"), ["public.a"]), new(Named("orphans_left_behind"), ["public.b"])], checksums: false);
        var report = new DrillReport(0, [new("kind", "critical", "public.a", "")], [new("kind", open, state, "", "")], "") { Reasons = [reason] };
        Assert.That(detection.HeldBack(report), Is.EqualTo(heldBack ? new[] { "orphans_left_behind" } : []));
        Assert.That(detection.Missed(report), Is.EqualTo(heldBack ? [] : new[] { "orphans_left_behind" }));
        Assert.That(detection.Detected(report), Is.EqualTo(heldBack));
    }

    [TestCase("Escalated", "Resolved", "b_id_seq is behind", 1)]
    [TestCase("Escalated", "Resolved", "a: 3 complaints of verify_heapam", 0)]
    [TestCase("Escalated", "Resolved", "value_not_allowed: 3 rows still break the rule", 0)]
    [TestCase("Escalated", "Escalated", "b_id_seq is behind", 0)]
    [TestCase("Resolved", "Resolved", "b_id_seq_too is behind", 0)]
    public void What_was_called_healed_beside_what_is_open_has_to_be(string first, string second, string complaint, int said)
    {
        var detection = new DrillDetection([new(Named("heap_page_zeroed"), ["public.a"]), new(Named("sequence_behind"), ["public.b", "public.b_id_seq"])], checksums: false);
        var report = new DrillReport(0, [], [new("kind", "public.a", first, "", ""), new("kind", "public.b_id_seq", second, "", "")], "");
        Assert.That(detection.OfSettled(report, [complaint]), Has.Count.EqualTo(said));
    }

    [Test]
    public void A_mix_has_only_what_can_be_seen() =>
        Assert.That(Order(3, [], mixes: 60).Cases().Where(c => c.IsMix).SelectMany(c => c.Damages).Select(d => d.BestOf(false)), Has.None.EqualTo(BestOutcome.NotDetectable));

    [Test]
    public void What_a_mix_missed_and_what_was_left_out_of_it_are_named()
    {
        var mix = Result(BestOutcome.Escalated, false, DrillOutcome.Missed) with { Name = "mix 1", Missed = ["heap_page_zeroed"], LeftOut = ["gin_bit_flipped"] };
        var score = new DrillScore(Order(9, DamageCatalogue.All), [mix]);
        Assert.That(DrillPage.Of(score, all: 1), Does.Contain("- `mix 1`: 1 of 1; not seen: heap_page_zeroed\n").And.Contain("- mix 1 on 15, checksums off: gin_bit_flipped\n"));
        Assert.That(score.MeetsGoals, Is.False);
        Assert.That(score.LeftOut, Is.EqualTo(new[] { "mix 1: gin_bit_flipped" }));
    }

    private static DamageClass Named(string name) => DamageCatalogue.Named(name)!;

    private static DrillResult Result(BestOutcome best, bool detected, DrillOutcome outcome) => new("sequence_behind", 15, false, best, detected, outcome, [], [], 1, 1, "", "");

    private static DrillOrder Order(int seed, IReadOnlyList<DamageClass> classes, int mixes = 0) => new([PgBinaries.Default], classes, [false], mixes, seed, 1) { WithHealthy = true };
}
