using HealingWorkers.Jobs.Options;
using NUnit.Framework;

namespace HealingWorkers.Jobs.Tests.Options;

[TestFixture]
public sealed class DurationsTests
{
    [TestCase("500ms", 0.5)]
    [TestCase("30s", 30)]
    [TestCase("10m", 600)]
    [TestCase("2h", 7200)]
    [TestCase("1d", 86400)]
    [TestCase("1w", 604800)]
    [TestCase("0s", 0)]
    public void Are_read(string text, double seconds)
    {
        Assert.That(Durations.TryParse(text, out var duration), Is.True);
        Assert.That(duration.TotalSeconds, Is.EqualTo(seconds));
    }

    [TestCase("")]
    [TestCase("10")]
    [TestCase("m")]
    [TestCase("-1s")]
    [TestCase("1.5h")]
    [TestCase("10 m")]
    [TestCase("99999999999d")]
    [TestCase("2000000000w")]
    public void Are_not_read(string text) => Assert.That(Durations.TryParse(text, out _), Is.False);

    [TestCase("7m", "6m and 10m")]
    [TestCase("5h", "4h and 6h")]
    [TestCase("2w", "1w")]
    [TestCase("30s", "1m")]
    [TestCase("3d", "1d and 1w")]
    public void An_interval_that_cron_cannot_say_comes_with_the_nearest_that_it_can(string text, string nearest) =>
        Assert.That(Cadence.Problem(text), Does.EndWith(": " + nearest));
}
