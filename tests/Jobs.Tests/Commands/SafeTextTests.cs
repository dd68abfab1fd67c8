using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Repairs;
using HealingWorkers.Worker.Commands;
using NUnit.Framework;

namespace HealingWorkers.Jobs.Tests.Commands;

/// <summary>What comes out of somebody's database may not act upon a terminal.</summary>
[TestFixture]
public sealed class SafeTextTests
{
    [TestCase("plain \u00e4 \u4e2d 'x'", "plain \u00e4 \u4e2d 'x'")]
    [TestCase("\u001b[2Jgone", "\\u{1b}[2Jgone")]
    [TestCase("a\rb\0c\u0007", "a\\u{d}b\\u{0}c\\u{7}")]
    [TestCase("\u202etxt.exe", "\\u{202e}txt.exe")]
    [TestCase("\u009b31m", "\\u{9b}31m")]
    public void Nothing_moves_the_cursor_or_turns_the_writing(string text, string safe) => Assert.That(SafeText.Of(text), Is.EqualTo(safe));

    [Test]
    public void It_is_bounded() => Assert.That(SafeText.Of(new string('x', 100_000)), Has.Length.LessThan(5_000));

    [Test]
    public async Task A_plan_shows_some_rows_safely_and_says_how_many_more_there_are()
    {
        await using var to = new StringWriter();
        PlanText.Write(to, new RepairPlan("r", RiskClass.Quarantining, [new("DELETE \u001b[0m", "ROW", "why")]) { Rows = 100, Asks = "which \u001b[1mof them?", Samples = [.. Enumerable.Range(1, 50).Select(i => $"row {i}\n\u001b]0;title\u0007")] });
        Assert.That(to.ToString(), Does.Not.Contain("\u001b").And.Not.Contain("row 21").And.Contain("row 20\\n").And.Contain("... and 80 more").And.Contain("rows: 100").And.Contain("  asks: which \\u{1b}[1mof them?"));
    }
}
