using System.Reflection;
using System.Text.RegularExpressions;
using NUnit.Framework;

namespace HealingWorkers.Jobs.Tests.Architecture;

/// <summary>One direction: projects, and the stations within src/Jobs.</summary>
[TestFixture]
public sealed partial class ArchitectureTests
{
    /// <summary>A station may use those before it.</summary>
    private static readonly string[] Stations =
    [
        "Errors", "Options", "Telemetry", "Targets", "Pages", "Ledger", "Findings", "Checks", "Incidents", "Snapshots", "Repairs",
        "Verification", "Backups", "Failover", "Alerts", "Healing", "Schedule",
    ];

    [TestCase("HealingWorkers.Jobs", new string[0])]
    [TestCase("HealingWorkers.Dashboard", new[] { "HealingWorkers.Jobs" })]
    [TestCase("HealingWorkers.Drill", new string[0])]
    [TestCase("healing", new[] { "HealingWorkers.Dashboard", "HealingWorkers.Drill", "HealingWorkers.Jobs" })]
    public void A_project_refers_to_those_before_it_only(string project, string[] allowed)
    {
        var used = Assembly.Load(project).GetReferencedAssemblies().Select(a => a.Name!)
            .Where(n => n.StartsWith("HealingWorkers", StringComparison.Ordinal) || n == "healing")
            // what the measuring of coverage puts into the built files
            .Where(n => n != "HealingWorkers.Coverage.Hits");
        Assert.That(used, Is.SubsetOf(allowed));
    }

    [Test]
    public void Every_folder_of_jobs_is_a_station()
    {
        var folders = Directory.EnumerateDirectories(Repository.File("src/Jobs")).Select(d => Path.GetFileName(d)!).Where(n => n is not ("bin" or "obj"));
        Assert.That(folders, Is.SubsetOf(Stations));
    }

    [Test]
    public void A_station_uses_those_before_it_only()
    {
        var backwards = new List<string>();
        foreach (var file in Repository.Sources("src/Jobs"))
        {
            var station = Path.GetRelativePath(Repository.File("src/Jobs"), file).Split('/')[0];
            var here = Array.IndexOf(Stations, station);
            var used = UsedNamespace().Matches(File.ReadAllText(file)).Select(m => m.Groups[1].Value).Where(u => Array.IndexOf(Stations, u) > here && here >= 0).Distinct();
            backwards.AddRange(used.Select(u => $"{Path.GetRelativePath(Repository.Root, file)} uses {u}"));
        }
        Assert.That(backwards, Is.Empty);
    }

    [Test]
    public void No_file_is_longer_than_400_lines()
    {
        var longs = ((string[])["src", "tests", "bench"]).SelectMany(Repository.Sources)
            .Select(f => (File: Path.GetRelativePath(Repository.Root, f), Lines: File.ReadLines(f).Count()))
            .Where(f => f.Lines > 400);
        Assert.That(longs, Is.Empty);
    }

    [Test]
    public void Every_sql_file_says_why_it_is_there()
    {
        var silent = Directory.EnumerateFiles(Repository.File("src"), "*.sql", SearchOption.AllDirectories)
            .Where(f => !f.Contains("/bin/", StringComparison.Ordinal) && !f.Contains("/obj/", StringComparison.Ordinal))
            .Where(f => !File.ReadLines(f).First().StartsWith("--", StringComparison.Ordinal))
            .Select(f => Path.GetRelativePath(Repository.Root, f));
        Assert.That(silent, Is.Empty);
    }

    [Test]
    public void Nothing_is_left_for_later()
    {
        var left = ((string[])["src", "tests", "bench"]).SelectMany(Repository.Sources)
            .Where(f => Later().IsMatch(File.ReadAllText(f)))
            .Select(f => Path.GetRelativePath(Repository.Root, f));
        Assert.That(left, Is.Empty);
    }

    [GeneratedRegex(@"HealingWorkers\.Jobs\.([A-Z]\w*)")]
    private static partial Regex UsedNamespace();

    [GeneratedRegex(@"\b(TO" + @"DO|FIX" + @"ME|HA" + @"CK)\b|NotImplemented" + @"Exception|#reg" + @"ion\b")]
    private static partial Regex Later();
}
