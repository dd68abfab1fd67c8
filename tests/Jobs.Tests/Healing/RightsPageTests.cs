using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Tests.Architecture;
using NUnit.Framework;

namespace HealingWorkers.Jobs.Tests.Healing;

[TestFixture]
public sealed class RightsPageTests
{
    [Test]
    public void The_page_is_what_the_code_says() =>
        Assert.That(File.ReadAllText(Repository.File("docs/rights.md")), Is.EqualTo(RightsPage.Render()), "healing config rights > docs/rights.md");
}
