using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Commands;

/// <summary>What `./run --once` shows, twice over the same state.</summary>
[TestFixture, NonParallelizable]
public sealed class DemonstrationTests
{
    [Test]
    public async Task A_damaged_index_is_healed_and_the_second_time_goes_on_from_the_first()
    {
        await using var healing = new HealingProgram();
        var first = await healing.RunAsync("up", "--demo", "--once");
        var second = await healing.RunAsync("up", "--demo", "--once");
        Assert.Multiple(() =>
        {
            Assert.That(first.Code, Is.Zero, first.Error + first.Out);
            Assert.That(first.Out, Does.Contain("made the demonstration database").And.Contain("What happened to movies_title_idx").And.Contain("healed: amcheck has no complaint"));
            Assert.That(second.Code, Is.Zero, second.Error + second.Out);
            Assert.That(second.Out, Does.Contain("found the demonstration database of an earlier run").And.Contain("healed: amcheck has no complaint"));
        });
    }
}
