using HealingWorkers.Jobs.Telemetry;

namespace HealingWorkers.Dashboard.Metrics;

/// <summary>A number of the ledger with whichever labels its metric has.</summary>
internal sealed record MetricRow
{
    public string? Target { get; init; }
    public string? Check { get; init; }
    public string? Kind { get; init; }
    public string? Severity { get; init; }
    public string? Outcome { get; init; }
    public string? Standby { get; init; }
    public required double Value { get; init; }

    public IReadOnlyList<KeyValuePair<string, string>> Labels(MetricDescription metric) =>
        [.. metric.Labels.Select(name => new KeyValuePair<string, string>(name, Of(name) ?? ""))];

    private string? Of(string label) => label switch
    {
        "target" => Target,
        "check" => Check,
        "kind" => Kind,
        "severity" => Severity,
        "outcome" => Outcome,
        "standby" => Standby,
        _ => throw new InvalidOperationException($"no column for the label {label}"),
    };
}
