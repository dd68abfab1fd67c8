using System.Diagnostics.Metrics;
using HealingWorkers.Jobs.Telemetry;

namespace HealingWorkers.Dashboard.Metrics;

/// <summary>The fleet's numbers on the meter, for whoever exports it: once, from the process that hosts the dashboard.</summary>
public sealed class LedgerInstruments : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(6);
    // A meter of its own under the same name, so that it can be taken away again.
    private readonly Meter _meter = new(Signals.Name);
    private readonly LedgerMetrics _ledger;

    public LedgerInstruments(LedgerMetrics ledger)
    {
        _ledger = ledger;
        // An observed histogram does not exist: whoever runs a health check records its duration itself.
        foreach (var metric in MetricCatalogue.All.Where(m => m.Source == MetricSource.Ledger && m.Type != MetricType.Histogram))
        {
            if (metric.Type == MetricType.Counter)
                _meter.CreateObservableCounter(metric.Name, () => Observe(metric), metric.Unit, metric.Description);
            else
                _meter.CreateObservableGauge(metric.Name, () => Observe(metric), metric.Unit, metric.Description);
        }
    }

    public void Dispose() => _meter.Dispose();

    private IEnumerable<Measurement<double>> Observe(MetricDescription metric)
    {
        using var limit = new CancellationTokenSource(Patience);
        // The reader calls on a thread of its own and takes no task.
        var families = Task.Run(() => _ledger.ReadAsync(limit.Token), limit.Token).GetAwaiter().GetResult();
        return families.Where(f => f.Metric == metric).SelectMany(f => f.Samples)
            .Select(s => new Measurement<double>(s.Value, s.Labels.Select(l => new KeyValuePair<string, object?>(l.Key, l.Value))));
    }
}
