using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Options;

namespace HealingWorkers.Jobs.Alerts;

/// <summary>How loud an incident is: critical is what amcheck and its like find; rows without a parent are a warning when they are many.</summary>
public static class AlertSeverities
{
    /// <summary>More orphans than this are a warning, fewer are only told of.</summary>
    public const long ManyOrphans = 1000;

    public static AlertSeverity Of(Incident incident) => incident.Severity switch
    {
        Severity.Critical => AlertSeverity.Critical,
        // A person is waited for, however little it is.
        _ when incident.State is IncidentState.Escalated or IncidentState.AwaitingApproval => AlertSeverity.Warning,
        Severity.Warning when incident.Kind == FindingKind.OrphanRows && Orphans(incident) <= ManyOrphans => AlertSeverity.Info,
        Severity.Warning => AlertSeverity.Warning,
        _ => AlertSeverity.Info,
    };

    public static string Name(this AlertSeverity severity) => severity switch
    {
        AlertSeverity.Critical => "critical",
        AlertSeverity.Warning => "warning",
        _ => "info",
    };

    public static AlertSeverity Named(string name) => Enum.Parse<AlertSeverity>(name, ignoreCase: true);

    private static long Orphans(Incident incident) => JsonNode.Parse(incident.Evidence)?["count"] is JsonValue count && count.TryGetValue(out long rows) ? rows : long.MaxValue;
}
