namespace HealingWorkers.Jobs.Telemetry;

public enum MetricType { Counter, Gauge, Histogram }

/// <summary>Where a metric's numbers come from.</summary>
public enum MetricSource
{
    /// <summary>The ledger: any process answers for the fleet, and a restart loses nothing.</summary>
    Ledger,
    /// <summary>This process alone, since it started.</summary>
    Process,
    /// <summary>Named already, and without a sample until its feature is there.</summary>
    Later,
}

/// <param name="Unit">UCUM: s, By, {row} and so on; empty where there is none.</param>
public sealed record MetricDescription(string Name, MetricType Type, string Unit, MetricSource Source, IReadOnlyList<string> Labels, string Description)
{
    /// <summary>Upper bounds of a histogram's buckets, the infinite one left out.</summary>
    public IReadOnlyList<double> Bounds { get; init; } = [];

    /// <summary>The usual translation: dots to underscores, the unit spelled out, counters end in _total.</summary>
    public string PrometheusName
    {
        get
        {
            var name = Name.Replace('.', '_');
            var suffix = Unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" };
            name = name.EndsWith(suffix, StringComparison.Ordinal) ? name : name + suffix;
            return Type == MetricType.Counter ? name + "_total" : name;
        }
    }
}
