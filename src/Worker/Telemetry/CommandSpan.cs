using System.Diagnostics;
using HealingWorkers.Jobs.Telemetry;

namespace HealingWorkers.Worker.Telemetry;

/// <summary>A command as a span, under the trace that TRACEPARENT names. What runs until it is stopped is none: each of its jobs is a trace of its own.</summary>
internal static class CommandSpan
{
    private static readonly string[] Endless = ["up", "worker", "dashboard"];

    public static Activity? Start(string command, IReadOnlyDictionary<string, string> environment) =>
        Endless.Contains(command, StringComparer.Ordinal) ? null : TraceParent.Start("healing " + command, environment.GetValueOrDefault("TRACEPARENT"));
}
