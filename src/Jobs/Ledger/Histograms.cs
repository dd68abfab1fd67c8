using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Telemetry;

namespace HealingWorkers.Jobs.Ledger;

/// <summary>Durations by bucket, kept in the ledger, so that any process answers for the fleet.</summary>
public sealed class Histograms(LedgerDb db)
{
    /// <summary>Upper bounds in seconds; what is longer falls into the one without bound.</summary>
    public static readonly IReadOnlyList<double> Bounds = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, double.PositiveInfinity];

    public Task AddAsync(string metric, JsonObject labels, TimeSpan duration, CancellationToken cancel)
    {
        if (metric == MetricCatalogue.HealthCheckDuration.Name)
            JobSignals.HealthCheckTook(labels["target"]?.ToString() ?? "", duration);
        var seconds = Math.Max(0, duration.TotalSeconds);
        return db.DoAsync(Sql.Of<Histograms>("histogram_add"),
            new { Metric = metric, Labels = labels.ToJsonString(), Bucket = Bounds.First(b => seconds <= b), Seconds = seconds }, cancel);
    }

    /// <summary>Every series of a metric, with counts that rise from bucket to bucket, as a scraper wants them.</summary>
    public async Task<IReadOnlyList<HistogramSeries>> ReadAsync(string metric, CancellationToken cancel)
    {
        var rows = await db.ListAsync<BucketRow>(Sql.Of<Histograms>("histogram_read"), new { Metric = metric }, cancel).ConfigureAwait(false);
        return [.. rows.GroupBy(r => r.Labels, StringComparer.Ordinal).Select(series => new HistogramSeries(
            series.Key,
            [.. Bounds.Select(bound => new HistogramBucket(bound, series.Where(r => r.Bucket <= bound).Sum(r => r.Count)))],
            series.Sum(r => r.Count),
            series.Sum(r => r.Sum)))];
    }

    private sealed record BucketRow
    {
        public required string Labels { get; init; }
        public required double Bucket { get; init; }
        public required long Count { get; init; }
        public required double Sum { get; init; }
    }
}

/// <param name="Labels">JSON.</param>
/// <param name="Buckets">Cumulative, by upper bound; the last has none.</param>
public sealed record HistogramSeries(string Labels, IReadOnlyList<HistogramBucket> Buckets, long Count, double Sum);

public sealed record HistogramBucket(double UpperBound, long Count);
