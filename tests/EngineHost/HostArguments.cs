using System.Globalization;
using HealingWorkers.Jobs.Schedule;
using HealingWorkers.Worker.Engine;

namespace HealingWorkers.EngineHost;

/// <summary>name=value on the command line.</summary>
internal sealed class HostArguments(string[] args)
{
    public string Connection => Text("connection", "");
    public string Worker => Text("worker", $"{Environment.MachineName}:{Environment.ProcessId}");
    public TimeSpan Lease => TimeSpan.FromSeconds(Number("lease", 4));
    public int Concurrency => Number("concurrency", 8);
    public TimeSpan Drain => TimeSpan.FromSeconds(Number("drain", 5));
    public int Count => Number("count", 200);

    /// <summary>So many recurring jobs, each every minute.</summary>
    public IReadOnlyList<RecurringJob> Recurring =>
        [.. Enumerable.Range(0, Number("recurring", 0)).Select(i => new RecurringJob(string.Create(CultureInfo.InvariantCulture, $"test.count:r{i}"), "test.count", null, "* * * * *", "UTC"))];

    public EngineSettings Engine(ILoggerFactory logs) =>
        new(Connection, Worker, Concurrency, TimeProvider.System, logs) { Lease = Lease };

    private string Text(string name, string otherwise) =>
        args.FirstOrDefault(a => a.StartsWith(name + "=", StringComparison.Ordinal))?[(name.Length + 1)..] ?? otherwise;

    private int Number(string name, int otherwise) =>
        int.Parse(Text(name, otherwise.ToString(CultureInfo.InvariantCulture)), CultureInfo.InvariantCulture);
}
