using System.Globalization;
using System.Text.Json;
using HealingWorkers.Drill;
using HealingWorkers.Worker.Commands;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Drills;

/// <summary>
/// The installed PostgreSQL is broken in every way and healed; of the other versions that are here a sample.
/// HEALING_DRILL=all (./test --all-versions) drills every version whole, with and without checksums, from a fresh seed.
/// </summary>
[TestFixture]
public sealed class DrillTests
{
    private const int UsualSeed = 20_240_501;
    private const string Sample = "healthy,btree_entries_missing,gin_page_zeroed,heap_page_torn_second_half,heap_xmin_called_invalid,sequence_zeroed,duplicates_indexed,orphans_inserted";

    private const string Checked = "healthy,btree_leaf_zeroed,gin_page_zeroed,heap_xmin_called_invalid,heap_attribute_count,heap_text_flipped,heap_checksum_field,heap_page_torn_second_half,heap_file_truncated,toast_chunk_missing,visibility_all_visible,sequence_zeroed,duplicates_indexed,orphans_left_behind";

    /// <summary>What could be healed, and is left to a person all the same, with why.</summary>
    private static readonly Dictionary<string, string> Refused = new(StringComparer.Ordinal)
    {
        ["heap_xmin_future"] = "declaring a row to be there may bring back one that was removed: somebody must have read the plan (freeze_tuples)",
        ["heap_xmin_ancient"] = "the same",
        ["heap_xmin_called_invalid"] = "the same, where no map shows that the row is there",
        ["heap_xmax_called_committed"] = "the same, where no map shows that the row is there",
        ["heap_attribute_count"] = "in a row that has nulls so many columns make its values begin elsewhere: whoever reads it may take the server down",
        ["toast_chunk_missing"] = "a standby or a backup may have the value: somebody must have looked (toast_placeholder)",
        ["orphans_inserted"] = "where rows of a third table refer to the orphan, by a key that does not let go: somebody must decide first what becomes of them",
    };

    private static bool Whole => Environment.GetEnvironmentVariable("HEALING_DRILL") == "all";

    [TestCaseSource(nameof(Orders))]
    public async Task Every_damage_that_can_be_seen_is_seen_and_no_row_is_lost(string versions, string[] more)
    {
        var seed = Whole ? Random.Shared.Next() : UsualSeed;
        await using var output = new StringWriter();
        await using var error = new StringWriter();
        var shell = new CommandShell { Out = output, Error = error, Clock = TimeProvider.System, Environment = new Dictionary<string, string>(StringComparer.Ordinal), Directory = TestContext.CurrentContext.WorkDirectory };
        var exit = await CommandLine.RunAsync(
            ["drill", "--versions", versions, "--seed", seed.ToString(CultureInfo.InvariantCulture), "--format", "json", .. more], shell, TestContext.CurrentContext.CancellationToken);
        Assert.That(exit, Is.Not.EqualTo(1), error.ToString());
        using var score = JsonDocument.Parse(output.ToString());
        var cases = score.RootElement.GetProperty("cases").EnumerateArray().ToList();
        await TestContext.Out.WriteLineAsync($"seed {seed}: {cases.Count} cases");
        Assert.That(cases, Is.Not.Empty);
        Assert.That(cases.Where(c => c.GetProperty("rows_lost").GetArrayLength() + c.GetProperty("false_repairs").GetArrayLength() > 0).Select(Tell), Is.Empty);
        Assert.That(cases.Where(c => !c.GetProperty("meets_goals").GetBoolean()).Select(Tell), Is.Empty);
        // of what is broken in several ways at once, one may keep another from being healed
        Assert.That(cases.Where(c => !c.GetProperty("is_best").GetBoolean() && !c.GetProperty("name").ToString().StartsWith("mix ", StringComparison.Ordinal) && !Refused.ContainsKey(c.GetProperty("name").ToString())).Select(Tell), Is.Empty);
        Assert.That(exit, Is.EqualTo(cases.TrueForAll(c => c.GetProperty("meets_goals").GetBoolean()) ? 0 : 2));
    }

    private static IEnumerable<TestCaseData> Orders()
    {
        foreach (var version in PgBinaries.All().Select(b => b.Major))
        {
            var installed = version == PgBinaries.Default.Major;
            string[] more = Whole ? ["--checksums", "both", "--mixes", "3"]
                : installed ? ["--checksums", "off", "--mixes", "1"]
                : ["--checksums", "on", "--classes", Sample, "--mixes", "0"];
            yield return new TestCaseData(version.ToString(CultureInfo.InvariantCulture), more).SetArgDisplayNames($"PostgreSQL {version}, {(Whole || installed ? "whole" : "a sample")}");
            if (installed && !Whole)
            {
                string[] with = ["--checksums", "on", "--classes", Checked, "--mixes", "0"];
                yield return new TestCaseData(version.ToString(CultureInfo.InvariantCulture), with).SetArgDisplayNames($"PostgreSQL {version}, where checksums change what is seen");
            }
        }
    }

    private static string Tell(JsonElement @case)
    {
        string Text(string name) => @case.GetProperty(name).ToString();
        return $"{Text("name")} on {Text("version")}: {Text("outcome")}, false repairs {Text("false_repairs")}, rows lost {Text("rows_lost")}; {Text("story")}; {Text("note")}";
    }
}
