using HealingWorkers.Jobs.Telemetry;

namespace HealingWorkers.Dashboard.Metrics;

/// <summary>One set of labels and what was measured under it.</summary>
internal sealed class RuntimeSeries(IReadOnlyList<KeyValuePair<string, string>> labels, int bounds)
{
    private readonly long[] _buckets = new long[bounds + 1];
    private double _sum;
    private long _count;

    public void Set(double value) => _sum = value;

    public void Add(MetricDescription metric, double value)
    {
        _sum += value;
        _count++;
        var bucket = 0;
        while (bucket < metric.Bounds.Count && value > metric.Bounds[bucket])
            bucket++;
        _buckets[bucket]++;
    }

    public IEnumerable<Sample> Samples(MetricDescription metric)
    {
        if (metric.Type != MetricType.Histogram)
            return [new Sample("", labels, _sum)];
        long below = 0;
        var rising = metric.Bounds.Append(double.PositiveInfinity).Select((bound, i) => (bound, below += _buckets[i])).ToList();
        return MetricFamily.Histogram(labels, rising, _sum, _count);
    }
}
