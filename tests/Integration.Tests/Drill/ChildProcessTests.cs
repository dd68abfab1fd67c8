using System.Diagnostics;
using HealingWorkers.Drill;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Drill;

[TestFixture, NonParallelizable]
public sealed class ChildProcessTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    [Test]
    public async Task Lines_are_waited_for_and_kept_apart()
    {
        await using var child = ChildProcess.Start(
            "/bin/sh", ["-c", "echo one; echo two >&2; sleep 0.1; echo \"$WORD\"; exit 3"],
            new Dictionary<string, string?> { ["WORD"] = "three" });
        Assert.That(await child.WaitForLineAsync(line => line.StartsWith("th", StringComparison.Ordinal), Limit), Is.EqualTo("three"));
        Assert.That(await child.WaitForExitAsync(Limit), Is.EqualTo(3));
        Assert.That(child.Output, Is.EqualTo(new[] { "one", "three" }));
        Assert.That(child.Error, Is.EqualTo(new[] { "two" }));
        Assert.That(
            async () => await child.WaitForLineAsync(line => line == "four", Limit),
            Throws.InvalidOperationException.With.Message.Contains("two"));
    }

    [Test]
    public async Task A_stopped_process_waits_and_a_killed_one_ends()
    {
        await using var child = ChildProcess.Start("/bin/sh", ["-c", "while :; do echo tick; sleep 0.02; done"]);
        await child.WaitForLineAsync(_ => true, Limit);
        child.Send(Signal.Stop);
        await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
        var stopped = child.Output.Count;
        await Task.Delay(TimeSpan.FromMilliseconds(150), TimeProvider.System);
        Assert.That(child.Output, Has.Count.EqualTo(stopped));
        child.Send(Signal.Continue);
        await Poll.UntilAsync(() => child.Output.Count > stopped, Limit, "more ticks");
        var clock = Stopwatch.StartNew();
        child.Send(Signal.Kill);
        Assert.That(await child.WaitForExitAsync(Limit), Is.EqualTo(128 + 9));
        Assert.That(clock.Elapsed, Is.LessThan(Limit));
    }
}
