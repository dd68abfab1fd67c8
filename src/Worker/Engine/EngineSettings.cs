namespace HealingWorkers.Worker.Engine;

/// <param name="Connection">The control database; the engine keeps its tables there, in a schema of its own.</param>
/// <param name="Concurrency">Jobs at once in this process.</param>
public sealed record EngineSettings(string Connection, string Worker, int Concurrency, TimeProvider Clock, ILoggerFactory Logs)
{
    /// <summary>How long a silent process keeps what it runs; the engine notices sooner.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(30);

    public TimeSpan History { get; init; } = TimeSpan.FromDays(90);
}
