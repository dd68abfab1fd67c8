using System.Diagnostics;

namespace HealingWorkers.Jobs.Telemetry;

/// <summary>Carries a trace from process to process: the W3C line that a ledger row keeps.</summary>
public static class TraceParent
{
    /// <summary>The line to keep with what is written now; null where nobody traces.</summary>
    public static string? Current() => Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity ? activity.Id : null;

    /// <summary>Goes on with the trace of <paramref name="parent"/>; without a readable one, with what this process is in, or begins one. Null where nobody listens.</summary>
    public static Activity? Start(string name, string? parent, ActivityKind kind = ActivityKind.Internal) =>
        Signals.Traces.StartActivity(name, kind, ActivityContext.TryParse(parent, null, isRemote: true, out var context) ? context : default);
}
