using HealingWorkers.Dashboard.Metrics;
using HealingWorkers.Drill;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Telemetry;
using HealingWorkers.Worker.Telemetry;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Dashboard;

[TestFixture, NonParallelizable]
public sealed class OtlpTests
{
    private const string Protocol = "OTEL_EXPORTER_OTLP_PROTOCOL";

    [TearDown]
    public void Forget()
    {
        Environment.SetEnvironmentVariable(OtlpExport.Variable, null);
        Environment.SetEnvironmentVariable(Protocol, null);
    }

    [Test]
    public async Task Spans_of_one_trace_arrive_from_two_processes_and_the_metrics_of_both_sources()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        var ledger = await DashCluster.LedgerAsync();
        var environment = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            [OtlpExport.Variable] = receiver.Address,
            [Protocol] = "http/protobuf",
            ["HEALING__CONTROL__CONNECTION"] = ledger,
        };
        // The exporter reads the variables of its process itself.
        Environment.SetEnvironmentVariable(OtlpExport.Variable, receiver.Address);
        Environment.SetEnvironmentVariable(Protocol, "http/protobuf");
        await using var db = new LedgerDb(ledger);
        await new Story(db).DamageAsync("one");
        using var metrics = new LedgerMetrics(db, TimeProvider.System, NullLogger<LedgerMetrics>.Instance) { WaitedFor = Poll.AtLeast, Patience = Poll.AtLeast };
        using (var instruments = new LedgerInstruments(metrics))
        using (OtlpExport.Start(new Dictionary<string, string>(StringComparer.Ordinal) { [OtlpExport.Variable] = receiver.Address }))
        using (TraceParent.Start("schedule", null))
        {
            JobSignals.Started("db.health_check");
            JobSignals.Ended("db.health_check", "movies", "succeeded", TimeSpan.FromSeconds(1));
            environment["TRACEPARENT"] = TraceParent.Current();
            await using var other = HealingProcess.Start(environment, "metrics");
            Assert.That(await other.WaitForExitAsync(TimeSpan.FromSeconds(30)), Is.Zero, string.Join('\n', other.All));
        }

        var schedule = receiver.Spans.Single(s => s.Name == "schedule");
        var command = receiver.Spans.Single(s => s.Name == "healing metrics");
        Assert.That(command.Trace, Is.EqualTo(schedule.Trace).And.Length.EqualTo(32));
        Assert.That(command.Parent, Is.EqualTo(schedule.Span));
        Assert.That(command.Instance, Is.Not.EqualTo(schedule.Instance));
        Assert.That(receiver.Metrics.Select(m => m.Name), Is.SupersetOf(new[] { "healing.job.active", "healing.job.duration", "db.corruption.events", "healing.incidents.open" }));
    }

    [Test]
    public void Without_an_endpoint_nothing_is_exported() =>
        Assert.That(OtlpExport.Start(new Dictionary<string, string>(StringComparer.Ordinal)), Is.Null);

    [Test]
    public async Task A_collector_that_is_away_holds_nothing_up()
    {
        var environment = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            [OtlpExport.Variable] = "http://127.0.0.1:1",
            [Protocol] = "http/protobuf",
            ["HEALING__CONTROL__CONNECTION"] = await DashCluster.LedgerAsync(),
        };
        await using var process = HealingProcess.Start(environment, "metrics");
        Assert.That(await process.WaitForExitAsync(TimeSpan.FromSeconds(20)), Is.Zero);
    }
}
