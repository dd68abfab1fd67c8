using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Ledger;
using NUnit.Framework;

namespace HealingWorkers.Jobs.Tests.Ledger;

public sealed class MigrationSetTests
{
    [Test]
    public void The_programs_own_set_is_whole_and_every_file_says_why()
    {
        var all = MigrationSet.Embedded.All.ToList();
        Assert.That(all.Select(m => m.Revision), Is.EqualTo(Enumerable.Range(1, MigrationSet.Embedded.Newest)));
        Assert.That(MigrationSet.Embedded.Newest, Is.GreaterThanOrEqualTo(2));
        Assert.That(all.SelectMany(m => new[] { m.Up, m.Down }), Has.All.StartsWith("-- "));
        Assert.That((all[0].Additive, all[0].Optional), Is.EqualTo((false, false)));
        Assert.That((all[1].UpFile, all[1].Additive, all[1].Optional), Is.EqualTo(("0002_append_only.up.sql", true, true)));
    }

    [Test]
    public void Options_stand_in_the_header_only()
    {
        var set = MigrationSet.Of(Pair("0001_a", "-- why\n-- additive\r\nSELECT 1;\n-- optional\n"));
        Assert.That((set.Find(1)!.Additive, set.Find(1)!.Optional), Is.EqualTo((true, false)));
    }

    [TestCase(0, false)]
    [TestCase(1, false)]
    [TestCase(2, true)]
    [TestCase(3, true)]
    [TestCase(4, true)]
    public void A_program_lives_without_what_is_optional(int revision, bool lives) => Assert.That(
        MigrationSet.Of([.. Pair("0001_a"), .. Pair("0002_b"), .. Pair("0003_c", "-- optional\nSELECT 1")]).LivesAt(revision), Is.EqualTo(lives));

    [TestCase("0001_a.sql", "NNNN_name.up.sql")]
    [TestCase("1_a.up.sql", "four digits")]
    [TestCase("0000_a.up.sql", "four digits")]
    [TestCase("abcd_a.up.sql", "four digits")]
    [TestCase("0001_.up.sql", "four digits")]
    public void A_misnamed_file_is_refused_by_name(string file, string why) =>
        Assert.That(() => MigrationSet.Of([(file, "SELECT 1")]), Throws.TypeOf<HealingException>().With.Message.Contains(file).And.Message.Contains(why));

    [TestCase("0001_a.up.sql", "0001_a.down.sql")]
    [TestCase("0001_a.down.sql", "0001_a.up.sql")]
    public void A_missing_half_is_refused_by_name(string there, string missing) =>
        Assert.That(() => MigrationSet.Of([(there, "SELECT 1")]), Throws.TypeOf<HealingException>().With.Message.Contains(missing));

    [Test]
    public void Two_of_one_number_are_refused() =>
        Assert.That(() => MigrationSet.Of([.. Pair("0001_a"), .. Pair("0001_b")]), Throws.TypeOf<HealingException>().With.Message.Contains("0001_a.up.sql"));

    [Test]
    public void No_files_are_revision_0() => Assert.That(MigrationSet.Of([]).Newest, Is.Zero);

    [Test]
    public void A_query_that_is_not_there_is_named() =>
        Assert.That(() => Sql.Of<MigrationSet>("nowhere"), Throws.InvalidOperationException.With.Message.Contains("nowhere"));

    private static (string, string)[] Pair(string stem, string up = "SELECT 1") => [(stem + ".up.sql", up), (stem + ".down.sql", "SELECT 2")];
}
