using HealingWorkers.Jobs.Schedule;
using NUnit.Framework;

namespace HealingWorkers.Jobs.Tests.Schedule;

public sealed class RunLogTests
{
    [Test]
    public void However_much_is_said_the_beginning_and_the_end_are_kept_and_no_more()
    {
        var log = new RunLog(TimeProvider.System);
        for (var i = 1; i <= 10_000; i++)
        {
            log.Add($"line {i} {new string('x', 2000)}");
        }
        var text = log.ToString();
        Assert.Multiple(() =>
        {
            Assert.That(text, Does.Contain("line 1 ").And.Contain("line 10000 ").And.Contain("9600 lines left out").And.Not.Contain("line 5000 "));
            Assert.That(text, Has.Length.LessThan(200_000));
        });
    }

    [Test]
    public void No_password_stays_in_it()
    {
        var log = new RunLog(TimeProvider.System);
        log.Add("Host=db1;Password=geheim;Database=x");
        Assert.That(log.ToString(), Does.Not.Contain("geheim"));
    }
}
