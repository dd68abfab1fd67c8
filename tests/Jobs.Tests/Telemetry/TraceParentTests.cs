using System.Diagnostics;
using HealingWorkers.Jobs.Telemetry;
using NUnit.Framework;

namespace HealingWorkers.Jobs.Tests.Telemetry;

[TestFixture, NonParallelizable]
public sealed class TraceParentTests
{
    private const string Line = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    [Test]
    public void A_trace_goes_on_from_the_line_that_was_kept()
    {
        using var listener = Listen();
        using var span = TraceParent.Start("job", Line);
        Assert.That(span!.TraceId.ToString(), Is.EqualTo("0af7651916cd43dd8448eb211c80319c"));
        Assert.That(span.ParentSpanId.ToString(), Is.EqualTo("b7ad6b7169203331"));
        Assert.That(TraceParent.Current(), Is.EqualTo($"00-0af7651916cd43dd8448eb211c80319c-{span.SpanId}-01"));
    }

    [TestCase(null)]
    [TestCase("")]
    [TestCase("not a line")]
    public void Without_a_readable_line_a_trace_begins(string? line)
    {
        using var listener = Listen();
        using var span = TraceParent.Start("job", line);
        Assert.That(span!.ParentSpanId, Is.EqualTo(default(ActivitySpanId)));
        using var child = TraceParent.Start("step", null);
        Assert.That(child!.TraceId, Is.EqualTo(span.TraceId));
    }

    [Test]
    public void Where_nobody_listens_nothing_is_kept()
    {
        Assert.That(TraceParent.Start("job", Line), Is.Null);
        Assert.That(TraceParent.Current(), Is.Null);
    }

    private static ActivityListener Listen()
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == Signals.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }
}
