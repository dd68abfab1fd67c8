using HealingWorkers.Dashboard.Metrics;
using Prometheus;

namespace HealingWorkers.Worker.Engine.Hangfire;

/// <summary>What prometheus-net says of the process (memory, threads, collections), after our own metrics on one page.</summary>
internal sealed class BridgedMetrics : IMetricsPage
{
    private readonly IMetricsPage _ours;

    /// <summary>Our meter has its own names in the contract, so prometheus-net must not translate it a second time.</summary>
    public BridgedMetrics(IMetricsPage ours)
    {
        _ours = ours;
        Metrics.SuppressDefaultMetrics(new SuppressDefaultMetricOptions { SuppressMeters = true, SuppressEventCounters = true });
    }

    public string ContentType => _ours.ContentType;

    public async Task WriteAsync(Stream body, CancellationToken cancel)
    {
        await _ours.WriteAsync(body, cancel).ConfigureAwait(false);
        await Metrics.DefaultRegistry.CollectAndExportAsTextAsync(body, cancel).ConfigureAwait(false);
    }
}
