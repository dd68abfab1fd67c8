using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Healing;
using NUnit.Framework;

namespace HealingWorkers.Jobs.Tests.Healing;

[TestFixture]
internal sealed partial class FaultPointTests
{
    [Test]
    public void EveryPointIsHitSomewhere()
    {
        var hits = string.Join('\n', Sources().SelectMany(File.ReadLines).Where(line => line.Contains("Hit(", StringComparison.Ordinal)));
        var words = Words().Matches(hits).Select(m => m.Value).ToHashSet(StringComparer.Ordinal);
        // a promotion says at which of its stations it is, and whoever runs it hits the point of that name
        words.UnionWith(Sources().SelectMany(File.ReadLines).SelectMany(line => Stations().Matches(line)).Select(m => "Failover" + m.Groups[1].Value));
        Assert.That(Enum.GetNames<FaultPoint>(), Is.SubsetOf(words));
    }

    [Test]
    public void NothingElseInTheHealingSendsASignal() =>
        Assert.That(Sources().Where(f => f.Contains("/src/Jobs/", StringComparison.Ordinal) && File.ReadAllText(f).Contains("DllImport(\"libc\"", StringComparison.Ordinal)).Select(Path.GetFileName),
            Is.EqualTo(new[] { "FaultInjector.cs" }));

    [TestCase("AfterLease")]
    [TestCase("NoSuchPoint:kill")]
    [TestCase("3:kill")]
    [TestCase("AfterLease:stroke")]
    public void WhatIsNotUnderstoodIsRefused(string text) => Assert.Throws<HealingException>(() => FaultInjector.Parse(text));

    [Test]
    public void OnlyTheNamedPointIsArmedAndOnlyUntilItsFileIsThere()
    {
        var file = Path.Combine(TestContext.CurrentContext.WorkDirectory, $"fault-{Guid.NewGuid()}");
        var faults = FaultInjector.Parse($"AfterLease:freeze:{file}");
        Assert.That(faults.IsArmed(FaultPoint.AfterLease), Is.True);
        Assert.That(faults.IsArmed(FaultPoint.BeforeLease), Is.False);
        File.WriteAllText(file, "");
        Assert.That(faults.IsArmed(FaultPoint.AfterLease), Is.False);
        faults.Hit(FaultPoint.AfterLease);
        File.Delete(file);
    }

    private static IEnumerable<string> Sources([CallerFilePath] string here = "") =>
        Directory.EnumerateFiles(Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../../src")), "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal));

    [GeneratedRegex(@"\w+", RegexOptions.None, 1000)]
    private static partial Regex Words();

    [GeneratedRegex(@"At\(FailoverStation\.(\w+)\)", RegexOptions.None, 1000)]
    private static partial Regex Stations();
}
