using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Tests.Architecture;
using NUnit.Framework;

namespace HealingWorkers.Jobs.Tests.Options;

[TestFixture]
public sealed class ConfigPageTests
{
    [Test]
    public void The_page_is_what_the_code_says() =>
        Assert.That(File.ReadAllText(Repository.File("docs/configuration.md")), Is.EqualTo(ConfigPage.Render()), "healing config docs > docs/configuration.md");

    [Test]
    public void Every_default_is_a_value_that_its_key_takes() => Assert.Multiple(() =>
    {
        foreach (var key in ConfigKeys.All.Where(k => k is { IsBuilt: true, Default: { Length: > 0 } }))
        {
            Assert.That(() => key.Type.Read(key.Default!), Throws.Nothing, key.Path);
        }
    });
}
