using HealingWorkers.Jobs.Ledger;
using NUnit.Framework;

namespace HealingWorkers.Jobs.Tests.Ledger;

public sealed class TextTests
{
    [TestCase(null, null)]
    [TestCase("12345", "12345")]
    [TestCase("123456", "1234…")]
    [TestCase("1\0", "1")]
    public void Bounded(string? text, string? expected) => Assert.That(Text.Bounded(text, 5), Is.EqualTo(expected));

    [TestCase(null, null)]
    [TestCase("12345", "12345")]
    [TestCase("123456", "…3456")]
    public void Tail(string? text, string? expected) => Assert.That(Text.Tail(text, 5), Is.EqualTo(expected));
}
