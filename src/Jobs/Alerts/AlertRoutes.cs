using HealingWorkers.Jobs.Options;

namespace HealingWorkers.Jobs.Alerts;

/// <summary>Which sink is told of what. The log is told everything; another one, unless routes say otherwise, every warning.</summary>
public sealed class AlertRoutes(AlertOptions options)
{
    private static readonly AlertRoute Usual = new();
    private static readonly AlertRoute Everything = new() { Severity = AlertSeverity.Info };

    public IReadOnlyList<string> Sinks { get; } = AlertSinkNames.Of(options);

    public IEnumerable<string> SinksFor(AlertSeverity severity, string target, string what) => Sinks.Where(sink => Wants(sink, severity, target, what));

    public bool Wants(string sink, AlertSeverity severity, string target, string? what) =>
        RoutesOf(sink).Any(route => severity >= route.Severity
            && (route.Targets.Count == 0 || route.Targets.Contains(target, StringComparer.Ordinal))
            && (what is null || route.Events.Count == 0 || route.Events.Contains(what, StringComparer.Ordinal)));

    private IEnumerable<AlertRoute> RoutesOf(string sink)
    {
        var own = options.Routes.Where(r => r.Sink == sink).ToList();
        return own.Count > 0 ? own : [sink == "log" ? Everything : Usual];
    }
}
