using HealingWorkers.Jobs.Options;
using NUnit.Framework;

namespace HealingWorkers.Jobs.Tests.Options;

public sealed class CronWordsTests
{
    [TestCase("* * * * *", "every minute (UTC)")]
    [TestCase("3/10 * * * *", "every 10 minutes, from minute 3 on (UTC)")]
    [TestCase("5,17 * * * *", "at the minutes 5 and 17 of the hour (UTC)")]
    [TestCase("7 * * * *", "every hour, at minute 7 (UTC)")]
    [TestCase("30 2 * * *", "every day at 02:30 (UTC)")]
    [TestCase("30 2,14 * * *", "every day at 02:30 and 14:30 (UTC)")]
    [TestCase("15 1/4 * * *", "every 4 hours, from 01:15 on (UTC)")]
    [TestCase("0 2 * * SUN Europe/Vienna", "every Sunday at 02:00 (Europe/Vienna)")]
    [TestCase("0 2 * * MON,FRI", "every Monday and Friday at 02:00 (UTC)")]
    [TestCase("0 4 1,15 * *", "on day 1 and 15 of the month at 04:00 (UTC)")]
    [TestCase("0 4 1 1,7 *", "on day 1 of the month at 04:00 in January and July (UTC)")]
    [TestCase("0/20 8 * * MON", "every 20 minutes, from minute 0 on, in the hours 08, every Monday (UTC)")]
    [TestCase("* 8,9 * * *", "every minute of the hours 08 and 09 (UTC)")]
    public void A_line_is_said_in_words(string line, string words) => Assert.That(CronWords.Of(CronLine.Parse(line)), Is.EqualTo(words));
}
