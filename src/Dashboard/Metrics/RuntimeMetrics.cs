using System.Diagnostics.Metrics;
using HealingWorkers.Jobs.Telemetry;

namespace HealingWorkers.Dashboard.Metrics;

/// <summary>Listens to this process's own meter and adds up what it says, a bounded number of series a metric.</summary>
public sealed class RuntimeMetrics : IDisposable
{
    private const int MostSeries = 500;
    private static readonly Dictionary<string, MetricDescription> Known =
        MetricCatalogue.All.Where(m => m.Source == MetricSource.Process).ToDictionary(m => m.Name, StringComparer.Ordinal);

    private readonly Lock _one = new();
    private readonly MeterListener _listener = new();
    private readonly Dictionary<string, Dictionary<string, RuntimeSeries>> _series = Known.Keys.ToDictionary(n => n, _ => new Dictionary<string, RuntimeSeries>(StringComparer.Ordinal), StringComparer.Ordinal);

    public RuntimeMetrics()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == Signals.Name && Known.TryGetValue(instrument.Name, out var metric))
                listener.EnableMeasurementEvents(instrument, metric);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, metric) => Add((MetricDescription)metric!, value, tags, IsState(instrument)));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, metric) => Add((MetricDescription)metric!, value, tags, IsState(instrument)));
        _listener.Start();
    }

    public IReadOnlyList<MetricFamily> Read()
    {
        _listener.RecordObservableInstruments();
        lock (_one)
        {
            return [.. Known.Values.Select(metric => new MetricFamily(metric, [.. _series[metric.Name].Values.SelectMany(s => s.Samples(metric))]))];
        }
    }

    public void Dispose() => _listener.Dispose();

    private void Add(MetricDescription metric, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, bool state)
    {
        var labels = new KeyValuePair<string, string>[metric.Labels.Count];
        for (var i = 0; i < labels.Length; i++)
            labels[i] = new(metric.Labels[i], Find(tags, metric.Labels[i]));
        var key = string.Join('\u001f', labels.Select(l => l.Value));
        lock (_one)
        {
            var series = _series[metric.Name];
            if (!series.TryGetValue(key, out var one))
            {
                if (series.Count >= MostSeries)
                    return;
                series[key] = one = new RuntimeSeries(labels, metric.Bounds.Count);
            }
            if (state)
                one.Set(value);
            else
                one.Add(metric, value);
        }
    }

    /// <summary>What is observed is how it is, not what came to it.</summary>
    private static bool IsState(Instrument instrument) => instrument.IsObservable || instrument is Gauge<double> or Gauge<long>;

    private static string Find(ReadOnlySpan<KeyValuePair<string, object?>> tags, string label)
    {
        foreach (var (name, value) in tags)
        {
            if (name == label)
                return value?.ToString() ?? "";
        }
        return "";
    }
}
