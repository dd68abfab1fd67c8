using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace HealingWorkers.Jobs.Telemetry;

/// <summary>What a process says of the jobs it runs: how many now, and how long each took.</summary>
public static class JobSignals
{
    private static readonly Histogram<double> Duration =
        Signals.Meter.CreateHistogram<double>(MetricCatalogue.JobDuration.Name, MetricCatalogue.JobDuration.Unit, MetricCatalogue.JobDuration.Description);

    private static readonly UpDownCounter<long> Active =
        Signals.Meter.CreateUpDownCounter<long>(MetricCatalogue.JobActive.Name, MetricCatalogue.JobActive.Unit, MetricCatalogue.JobActive.Description);

    private static readonly Histogram<double> HealthCheck =
        Signals.Meter.CreateHistogram<double>(MetricCatalogue.HealthCheckDuration.Name, MetricCatalogue.HealthCheckDuration.Unit, MetricCatalogue.HealthCheckDuration.Description);

    /// <param name="job">db.health_check, repair and so on: the kind of job, never its key.</param>
    public static void Started(string job) => Active.Add(1, new KeyValuePair<string, object?>("kind", job));

    /// <param name="outcome">succeeded | failed | cancelled | deferred.</param>
    public static void Ended(string job, string? target, string outcome, TimeSpan elapsed)
    {
        Active.Add(-1, new KeyValuePair<string, object?>("kind", job));
        Duration.Record(elapsed.TotalSeconds, new TagList { { "kind", job }, { "target", target ?? "" }, { "outcome", outcome } });
    }

    /// <summary>For exporters, which cannot observe a histogram; the page at /metrics takes it from the ledger.</summary>
    public static void HealthCheckTook(string target, TimeSpan elapsed) =>
        HealthCheck.Record(elapsed.TotalSeconds, new KeyValuePair<string, object?>("target", target));
}
