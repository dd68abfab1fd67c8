using HealingWorkers.Drill;
using HealingWorkers.Worker.Telemetry;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Dashboard;

/// <summary>What a person asked for in one process can be followed to its outcome in another.</summary>
[TestFixture]
public sealed class OneTraceTests
{
    private const string Index = "public.films_pkey";

    [Test]
    public async Task One_trace_leads_from_the_request_over_check_and_repair_to_the_outcome_across_processes()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        var name = await DamagedAsync();
        var ledger = await DashCluster.LedgerAsync();
        var state = Directory.CreateTempSubdirectory("trace-");
        var environment = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            [OtlpExport.Variable] = receiver.Address,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["HEALING__CONTROL__CONNECTION"] = ledger,
            ["HEALING__STATE_DIRECTORY"] = state.FullName,
            ["HEALING__DATABASE__AUTO_HEALING__ENABLED"] = "false",
            ["HEALING__TARGETS__0__NAME"] = "films",
            ["HEALING__TARGETS__0__CONNECTION"] = DashCluster.Cluster.ConnectionString(name),
        };
        await using var worker = HealingProcess.Start(environment, "worker");
        await using (var asking = HealingProcess.Start(environment, "trigger", "db.index_check", "--target", "films", "--table", "public.films"))
        {
            Assert.That(await asking.WaitForExitAsync(TimeSpan.FromSeconds(60)), Is.Zero, string.Join('\n', asking.All));
        }
        await Poll.UntilAsync(() => Of(receiver, "heal").Any(), TimeSpan.FromSeconds(60), "the span of the repair");
        worker.Send(Signal.Terminate);
        await worker.WaitForExitAsync(TimeSpan.FromSeconds(40));

        var asked = Of(receiver, "healing trigger").Single();
        var trace = receiver.Spans.Where(s => s.Trace == asked.Trace).ToList();
        Assert.That(trace.Select(s => s.Name), Is.SupersetOf(new[] { "job db.index_check.table", "check btree", "job repair", "heal" }));
        Assert.That(trace.Select(s => s.Instance).Distinct().Count(), Is.EqualTo(2), "one of the two processes is missing in the trace");
        state.Delete(recursive: true);
    }

    private static IEnumerable<ReceivedSpan> Of(OtlpReceiver receiver, string name) => receiver.Spans.Where(s => s.Name == name);

    private static async Task<string> DamagedAsync()
    {
        const string name = "films";
        await DashCluster.Cluster.CreateDatabaseAsync(name);
        await DashCluster.Cluster.ExecuteAsync(name, "CREATE EXTENSION amcheck; CREATE TABLE films (id int PRIMARY KEY); INSERT INTO films SELECT generate_series(1, 5000)");
        await new Damage(DashCluster.Cluster, name).Index.ZeroLeafAsync(Index);
        return name;
    }
}
