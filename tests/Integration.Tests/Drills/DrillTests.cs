using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using HealingWorkers.Drill;
using HealingWorkers.Worker.Commands;
using HealingWorkers.Worker.Drills;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Drills;

/// <summary>
/// The installed PostgreSQL is broken in every way and healed, with checksums and without; of the other versions that are here a sample.
/// HEALING_DRILL=all (./test --all-versions) drills every version whole. HEALING_DRILL_SEED (./test --seed) is another seed, `fresh` one that nobody knows yet.
/// </summary>
[TestFixture]
public sealed class DrillTests
{
    private const int UsualSeed = 20_240_501;
    private const string Fresh = "fresh";

    private static readonly string[] Sample =
        ["healthy", "btree_entries_missing", "gin_page_zeroed", "heap_page_torn_second_half", "heap_xmin_called_invalid", "sequence_zeroed", "duplicates_indexed", "orphans_inserted"];

    private static readonly int Seed = SeedOf(Environment.GetEnvironmentVariable("HEALING_DRILL_SEED") is { Length: > 0 } named ? named : Whole ? Fresh : null);

    /// <summary>Each drill is run once, by the first of its cases that is asked for.</summary>
    private static readonly ConcurrentDictionary<(int Version, bool Checksums), Lazy<Task<(int Exit, Dictionary<string, JsonElement> Cases)>>> Drills = new();

    private static bool Whole => Environment.GetEnvironmentVariable("HEALING_DRILL") == "all";

    [TestCaseSource(nameof(Cases))]
    public async Task What_can_be_seen_is_seen_and_no_row_is_lost(int version, bool checksums, string name)
    {
        var cases = (await DrillAsync(version, checksums)).Cases;
        Assert.That(cases.Keys, Has.Member(name));
        var one = cases[name];
        Assert.That(one.GetProperty("rows_lost").GetArrayLength() + one.GetProperty("false_repairs").GetArrayLength(), Is.Zero, Tell(one));
        Assert.That(one.GetProperty("meets_goals").GetBoolean(), Tell(one));
        Assert.That(one.GetProperty("is_best").GetBoolean() || DrillReasons.Refusal(name) is not null, Tell(one));
    }

    [TestCaseSource(nameof(Orders))]
    public async Task The_drill_ends_with_what_its_cases_say(int version, bool checksums)
    {
        var (exit, cases) = await DrillAsync(version, checksums);
        Assert.That(cases.Keys, Is.EquivalentTo(Names(version, checksums)));
        Assert.That(exit, Is.EqualTo(cases.Values.All(c => c.GetProperty("meets_goals").GetBoolean()) ? 0 : 2));
    }

    [TestCase(null, UsualSeed)]
    [TestCase("7", 7)]
    public void Its_seed_is_the_usual_one_or_the_one_that_is_named(string? named, int seed) => Assert.That(SeedOf(named), Is.EqualTo(seed));

    [Test]
    public void A_fresh_seed_is_another_each_time() => Assert.That(Enumerable.Range(0, 3).Select(_ => SeedOf(Fresh)), Is.Unique);

    private static IEnumerable<TestCaseData> Orders() =>
        from version in PgBinaries.All().Select(b => b.Major)
        from checksums in Whole || version == PgBinaries.Default.Major ? (bool[])[false, true] : [true]
        select new TestCaseData(version, checksums).SetArgDisplayNames(Title(version, checksums));

    private static IEnumerable<TestCaseData> Cases() =>
        from order in Orders()
        let version = (int)order.Arguments[0]!
        let checksums = (bool)order.Arguments[1]!
        from name in Names(version, checksums)
        select new TestCaseData(version, checksums, name).SetArgDisplayNames(Title(version, checksums), name);

    private static string Title(int version, bool checksums) => string.Create(CultureInfo.InvariantCulture, $"PostgreSQL {version} {(checksums ? "with" : "without")} checksums");

    private static bool IsWhole(int version) => Whole || version == PgBinaries.Default.Major;

    private static int Mixes(int version) => Whole ? 3 : IsWhole(version) ? 1 : 0;

    private static IEnumerable<string> Names(int version, bool checksums) => IsWhole(version)
        ? [DrillOrder.Healthy, .. DamageCatalogue.All.Where(c => c.AppliesTo(version, checksums)).Select(c => c.Name), .. Enumerable.Range(1, Mixes(version)).Select(n => $"{DrillOrder.Mix} {n}")]
        : Sample;

    private static Task<(int Exit, Dictionary<string, JsonElement> Cases)> DrillAsync(int version, bool checksums) =>
        Drills.GetOrAdd((version, checksums), _ => new(() => RunAsync(version, checksums))).Value;

    private static async Task<(int Exit, Dictionary<string, JsonElement> Cases)> RunAsync(int version, bool checksums)
    {
        await TestContext.Progress.WriteLineAsync($"{Title(version, checksums)}: seed {Seed}");
        await using var output = new StringWriter();
        await using var error = new StringWriter();
        var shell = new CommandShell { Out = output, Error = error, Clock = TimeProvider.System, Environment = new Dictionary<string, string>(StringComparer.Ordinal), Directory = TestContext.CurrentContext.WorkDirectory };
        string[] some = IsWhole(version) ? [] : ["--classes", string.Join(',', Sample)];
        var exit = await CommandLine.RunAsync(
            [
                "drill", "--versions", version.ToString(CultureInfo.InvariantCulture), "--checksums", checksums ? "on" : "off",
                "--mixes", Mixes(version).ToString(CultureInfo.InvariantCulture), "--seed", Seed.ToString(CultureInfo.InvariantCulture), "--format", "json", .. some,
            ],
            shell, TestContext.CurrentContext.CancellationToken);
        Assert.That(exit, Is.Not.EqualTo(1), error.ToString());
        using var score = JsonDocument.Parse(output.ToString());
        return (exit, score.RootElement.GetProperty("cases").EnumerateArray().ToDictionary(c => c.GetProperty("name").ToString(), c => c.Clone()));
    }

    private static int SeedOf(string? named) =>
        named is null ? UsualSeed : named == Fresh ? Random.Shared.Next() : int.Parse(named, NumberStyles.None, CultureInfo.InvariantCulture);

    private static string Tell(JsonElement @case)
    {
        string Text(string name) => @case.GetProperty(name).ToString();
        return $"{Text("name")} on {Text("version")}, checksums {Text("checksums")}: {Text("outcome")}, false repairs {Text("false_repairs")}, rows lost {Text("rows_lost")}; {Text("story")}; {Text("note")}";
    }
}
