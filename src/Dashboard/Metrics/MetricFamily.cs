using HealingWorkers.Jobs.Telemetry;

namespace HealingWorkers.Dashboard.Metrics;

/// <param name="Suffix">_bucket, _sum or _count of a histogram; else empty.</param>
public sealed record Sample(string Suffix, IReadOnlyList<KeyValuePair<string, string>> Labels, double Value);

public sealed record MetricFamily(MetricDescription Metric, IReadOnlyList<Sample> Samples)
{
    /// <summary>A histogram's samples from counts that rise from bucket to bucket, the infinite one last.</summary>
    public static IEnumerable<Sample> Histogram(IReadOnlyList<KeyValuePair<string, string>> labels, IEnumerable<(double Bound, long Count)> buckets, double sum, long count)
    {
        foreach (var (bound, below) in buckets)
            yield return new Sample("_bucket", [.. labels, new("le", PrometheusText.Number(bound))], below);
        yield return new Sample("_sum", labels, sum);
        yield return new Sample("_count", labels, count);
    }
}
