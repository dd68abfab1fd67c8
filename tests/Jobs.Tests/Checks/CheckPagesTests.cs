using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Tests.Architecture;
using NUnit.Framework;

namespace HealingWorkers.Jobs.Tests.Checks;

[TestFixture]
public sealed class CheckPagesTests
{
    private static IEnumerable<string> Checks => CheckCatalogue.All.Select(c => c.Description.Name);

    private static IEnumerable<string> Kinds => FindingKind.All.Select(k => k.Name);

    [TestCaseSource(nameof(Checks))]
    public void Each_check_has_a_page_that_names_what_it_finds(string name)
    {
        var page = Page("checks", name);
        Assert.That(page, Does.StartWith($"# {name}\n"));
        foreach (var kind in CheckCatalogue.All.Single(c => c.Description.Name == name).Description.Kinds)
        {
            Assert.That(page, Does.Contain($"../findings/{kind.Name}.md"));
        }
    }

    [TestCaseSource(nameof(Kinds))]
    public void Each_kind_has_a_page_that_names_its_repair(string name)
    {
        var page = Page("findings", name);
        Assert.That(page, Does.StartWith($"# {name}\n"));
        Assert.That(page, Does.Contain(FindingKind.Named(name).Severity.ToString()));
        Assert.That(page, Does.Contain(FindingKind.Named(name).Repair is { } repair ? $"`{repair}`" : "nothing"));
    }

    [Test]
    public void Names_are_used_once() => Assert.That(Checks, Is.Unique);

    private static string Page(string folder, string name)
    {
        var file = Repository.File($"docs/{folder}/{name}.md");
        Assert.That(file, Does.Exist);
        return File.ReadAllText(file);
    }
}
