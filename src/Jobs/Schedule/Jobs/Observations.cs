using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Telemetry;

namespace HealingWorkers.Jobs.Schedule;

/// <summary>The last numbers that checks observed, as a gauge: worth a graph, never a finding.</summary>
internal static class Observations
{
    private const int Most = 2000;
    private static readonly ConcurrentDictionary<(string Target, string Check, string Kind), double> Last = new();

    static Observations() => Signals.Meter.CreateObservableGauge(
        MetricCatalogue.Observation.Name,
        () => Last.Select(o => new Measurement<double>(o.Value,
            new KeyValuePair<string, object?>("target", o.Key.Target),
            new KeyValuePair<string, object?>("check", o.Key.Check),
            new KeyValuePair<string, object?>("kind", o.Key.Kind))),
        MetricCatalogue.Observation.Unit,
        MetricCatalogue.Observation.Description);

    public static void Keep(string target, CheckReport report)
    {
        foreach (var (kind, value) in report.Observations)
        {
            if (Last.Count < Most || Last.ContainsKey((target, report.Check, kind)))
            {
                Last[(target, report.Check, kind)] = value;
            }
        }
    }
}
