using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace HealingWorkers.Jobs.Telemetry;

/// <summary>The one meter and the one activity source of the product.</summary>
public static class Signals
{
    public const string Name = "HealingWorkers";
    public static readonly Meter Meter = new(Name);
    public static readonly ActivitySource Traces = new(Name);
}
