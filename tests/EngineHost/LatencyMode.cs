using System.Text.Json;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Schedule;
using HealingWorkers.Worker.Engine;
using Microsoft.Extensions.Logging.Abstractions;

namespace HealingWorkers.EngineHost;

/// <summary>Asks for runs from a process that delivers nothing, and measures by the ledger's clock how soon they began in another one.</summary>
internal static class LatencyMode
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public static async Task<int> RunAsync(HostArguments args)
    {
        await using var db = new LedgerDb(args.Connection);
        await using var engine = EngineFactory.Create(args.Engine(NullLoggerFactory.Instance));
        var ledger = new JobLedger(db);
        var dispatcher = new JobDispatcher(db, ledger, engine, TimeProvider.System, NullLogger<JobDispatcher>.Instance);
        var latencies = new List<double>();
        for (var i = -5; i < args.Count; i++)
        {
            var run = await dispatcher.RequestAsync(new JobRequest($"latency:{Guid.NewGuid():N}", "test.count", null, [], "latency"), CancellationToken.None)
                ?? throw new InvalidOperationException("a new key was taken");
            var ended = await EndOfAsync(ledger, run.Id);
            if (i >= 0)
            {
                latencies.Add((ended.StartedAt!.Value - ended.CreatedAt).TotalMilliseconds);
            }
        }
        latencies.Sort();
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            engine = engine.Name,
            count = latencies.Count,
            p50_ms = Math.Round(latencies[latencies.Count / 2], 2),
            p99_ms = Math.Round(latencies[Math.Min(latencies.Count - 1, (int)(latencies.Count * 0.99))], 2),
            max_ms = Math.Round(latencies[^1], 2),
        }));
        return 0;
    }

    private static async Task<JobRun> EndOfAsync(JobLedger ledger, long run)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(began) < Limit)
        {
            if (await ledger.FindAsync(run, CancellationToken.None) is { State: "succeeded" } ended)
            {
                return ended;
            }
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
        throw new TimeoutException($"run {run} did not end within {Limit.TotalSeconds} s");
    }
}
