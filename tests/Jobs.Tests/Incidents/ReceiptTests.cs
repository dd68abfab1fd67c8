using HealingWorkers.Jobs.Incidents;
using NUnit.Framework;

namespace HealingWorkers.Jobs.Tests.Incidents;

public sealed class ReceiptTests
{
    private static readonly DateTimeOffset At = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Test]
    public void The_hash_is_the_same_in_every_version_of_the_program() =>
        Assert.That(Receipt.HashOf(Receipt.Origin, 1, 2, 3, At, "{}"), Is.EqualTo("12258bf389b0b3f5e1c411134771ba8e3a7eecce3f1faf846a51626a0b7f2e11"));

    [Test]
    public void Every_part_counts()
    {
        string[] hashes =
        [
            Receipt.HashOf(Receipt.Origin, 1, 2, 3, At, "{}"),
            Receipt.HashOf("x", 1, 2, 3, At, "{}"),
            Receipt.HashOf(Receipt.Origin, 2, 2, 3, At, "{}"),
            Receipt.HashOf(Receipt.Origin, 1, 3, 3, At, "{}"),
            Receipt.HashOf(Receipt.Origin, 1, 2, 4, At, "{}"),
            Receipt.HashOf(Receipt.Origin, 1, 2, 3, At.AddMicroseconds(1), "{}"),
            Receipt.HashOf(Receipt.Origin, 1, 2, 3, At, "{ }"),
        ];
        Assert.That(hashes.Distinct(StringComparer.Ordinal).Count(), Is.EqualTo(hashes.Length));
        Assert.That(Receipt.HashOf(Receipt.Origin, 1, 2, 3, At.ToOffset(TimeSpan.FromHours(2)), "{}"), Is.EqualTo(hashes[0]), "the same moment elsewhere");
    }
}
