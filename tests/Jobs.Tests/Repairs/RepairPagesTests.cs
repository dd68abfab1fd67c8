using System.Runtime.CompilerServices;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Repairs;
using HealingWorkers.Jobs.Tests.Architecture;
using NUnit.Framework;

namespace HealingWorkers.Jobs.Tests.Repairs;

[TestFixture]
public sealed class RepairPagesTests
{
    private static IEnumerable<string> Names => typeof(IRepair).Assembly.GetTypes()
        .Where(t => t is { IsClass: true, IsAbstract: false } && t.IsAssignableTo(typeof(IRepair)))
        .Select(t => ((IRepair)RuntimeHelpers.GetUninitializedObject(t)).Name);

    [TestCaseSource(nameof(Names))]
    public void Each_repair_has_a_page_that_says_its_locks_and_its_undo(string name)
    {
        var page = Path.Combine(Repository.Root, "docs", "repairs", name + ".md");
        Assert.That(page, Does.Exist);
        var text = File.ReadAllText(page);
        Assert.That(text, Does.StartWith($"# {name}\n").And.Contain("Locks").And.Contain("ndo"));
    }

    [Test]
    public void Each_kind_that_names_a_repair_names_one_that_there_is() =>
        Assert.That(FindingKind.All.Select(k => k.Repair).OfType<string>().Distinct(), Is.SubsetOf(Names));
}
