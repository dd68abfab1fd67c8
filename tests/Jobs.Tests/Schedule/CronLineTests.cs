using System.Globalization;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Options;
using NUnit.Framework;

namespace HealingWorkers.Jobs.Tests.Schedule;

public sealed class CronLineTests
{
    [TestCase("*/15 * * * *", "2026-03-01T10:00:00Z", "2026-03-01T10:15:00Z")]
    [TestCase("*/15 * * * *", "2026-03-01T10:59:59Z", "2026-03-01T11:00:00Z")]
    [TestCase("30 2 * * *", "2026-03-01T02:30:00Z", "2026-03-02T02:30:00Z")]
    [TestCase("0 0 * * SUN", "2026-03-02T00:00:00Z", "2026-03-08T00:00:00Z")]
    [TestCase("0 0 * * 7", "2026-03-02T00:00:00Z", "2026-03-08T00:00:00Z")]
    [TestCase("0 12 29 2 *", "2026-03-01T00:00:00Z", "2028-02-29T12:00:00Z")]
    [TestCase("5,35 8-10/2 1 JAN,jul *", "2026-01-01T08:05:00Z", "2026-01-01T08:35:00Z")]
    [TestCase("5,35 8-10/2 1 JAN,jul *", "2026-01-01T10:35:00Z", "2026-07-01T08:05:00Z")]
    [TestCase("59 23 31 12 *", "2026-12-31T23:59:00Z", "2027-12-31T23:59:00Z")]
    [TestCase("0 9 * * MON-FRI Europe/Vienna", "2026-07-03T07:00:00Z", "2026-07-06T07:00:00Z")]
    public void The_next_time_is_right_and_the_last_one_leads_back_to_it(string line, string after, string next)
    {
        var cron = CronLine.Parse(line);
        Assert.That(cron.Next(At(after)), Is.EqualTo(At(next)));
        Assert.That(cron.Last(At(next)), Is.EqualTo(At(next)));
        Assert.That(cron.Last(At(next).AddSeconds(-1)), Is.LessThanOrEqualTo(At(after)));
    }

    [TestCase("30 2 * * * Europe/Vienna", "2026-03-29T03:30:00+02:00", TestName = "A time that the clocks skip comes when they have skipped it")]
    public void Skipped(string line, string due) =>
        Assert.That(CronLine.Parse(line).Next(At("2026-03-28T12:00:00Z")), Is.EqualTo(At(due)));

    [Test]
    public void A_time_that_the_clocks_repeat_comes_once()
    {
        var cron = CronLine.Parse("30 2 * * * Europe/Vienna");
        var first = cron.Next(At("2026-10-24T12:00:00Z"))!.Value;
        Assert.That(first, Is.EqualTo(At("2026-10-25T02:30:00+02:00")));
        Assert.That(cron.Next(first), Is.EqualTo(At("2026-10-26T02:30:00+01:00")));
    }

    [TestCase("2026-10-24T22:00:00Z", TestName = "Every half hour goes on through a night of 25 hours")]
    [TestCase("2026-03-28T22:00:00Z", TestName = "Every half hour goes on through a night of 23 hours")]
    public void Every_hour_is_every_hour(string start)
    {
        var cron = CronLine.Parse("0,30 * * * * Europe/Vienna");
        var at = At(start);
        for (var i = 0; i < 16; i++)
        {
            var next = cron.Next(at)!.Value;
            Assert.That(next - at, Is.EqualTo(TimeSpan.FromMinutes(30)), $"after {at:o}");
            at = next;
        }
    }

    [TestCase("* * * *")]
    [TestCase("60 * * * *")]
    [TestCase("* 24 * * *")]
    [TestCase("* * 0 * *")]
    [TestCase("* * * 13 *")]
    [TestCase("* * * * 8")]
    [TestCase("*/0 * * * *")]
    [TestCase("10-5 * * * *")]
    [TestCase("a * * * *")]
    [TestCase(", * * * *")]
    [TestCase("0 0 1 * MON")]
    [TestCase("0 0 31 2 *")]
    [TestCase("0 0 * * * Europe/Nowhere")]
    [TestCase("0 0 0 * * *")]
    public void What_is_none_is_refused_with_a_hint(string line) =>
        Assert.That(() => CronLine.Parse(line), Throws.TypeOf<HealingException>().With.Property(nameof(HealingException.Hint)).Not.Empty);

    [TestCase("*/10 * * * *", "0-59/10 * * * *")]
    [TestCase("3/10 * * * *", "3-59/10 * * * *")]
    [TestCase("0 0 * * 1,7", "0 0 * * 0,1")]
    [TestCase("0-59 0-23 1-31 1-12 0-6", "* * * * *")]
    public void It_is_written_in_plain_numbers_that_mean_the_same(string line, string written)
    {
        var cron = CronLine.Parse(line);
        Assert.That(cron.ToString(), Is.EqualTo(written));
        Assert.That(CronLine.Parse(written).Next(At("2026-05-05T05:05:05Z")), Is.EqualTo(cron.Next(At("2026-05-05T05:05:05Z"))));
    }

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
