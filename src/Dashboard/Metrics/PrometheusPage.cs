using System.Text;

namespace HealingWorkers.Dashboard.Metrics;

/// <summary>The fleet's numbers from the ledger, where there is one at hand, and this process's own.</summary>
public sealed class PrometheusPage(RuntimeMetrics runtime, LedgerMetrics? ledger) : IMetricsPage
{
    public string ContentType => PrometheusText.ContentType;

    public async Task WriteAsync(Stream body, CancellationToken cancel)
    {
        IReadOnlyList<MetricFamily> fleet = ledger is null ? [] : await ledger.ReadAsync(cancel);
        await body.WriteAsync(Encoding.UTF8.GetBytes(PrometheusText.Render([.. fleet, .. runtime.Read()])), cancel);
    }
}
