namespace HealingWorkers.Dashboard.Metrics;

/// <summary>What /metrics answers. An edition that brings an exporter of its own puts it here.</summary>
public interface IMetricsPage
{
    string ContentType { get; }

    Task WriteAsync(Stream body, CancellationToken cancel);
}
