using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace HealingWorkers.Worker.Drills;

/// <summary>What `healing heal` said, as far as a reader of its JSON can tell.</summary>
internal sealed record DrillReport(int Exit, IReadOnlyList<DrillReport.Finding> Findings, IReadOnlyList<DrillReport.Incident> Incidents, string Error)
{
    private const int MostOfError = 600;
    private static readonly string[] Ended = ["Resolved", "Closed", "Undone"];

    /// <summary>Checks that broke, with why.</summary>
    public IReadOnlyList<string> Broken { get; init; } = [];

    /// <summary>What checks say of what they did not look at.</summary>
    public IReadOnlyList<string> Reasons { get; init; } = [];

    /// <summary>It came to its end and reported.</summary>
    public bool Told { get; init; }

    public static JsonSerializerOptions Plain { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static DrillReport OfTimeout { get; } = new(1, [], [], "it took too long and was ended") { TimedOut = true };

    public bool TimedOut { get; init; }

    public IReadOnlyList<Incident> Open => [.. Incidents.Where(i => !Ended.Contains(i.State, StringComparer.Ordinal))];

    public static DrillReport Read(int exit, string output, string error)
    {
        var said = error.Length > MostOfError ? error[..MostOfError] : error;
        if (output.IndexOf('{', StringComparison.Ordinal) is var at and >= 0 && JsonNode.Parse(output[at..]) is JsonObject json)
        {
            return new(
                exit,
                [.. Items(json, "findings").Select(f => new Finding(Text(f, "kind"), Text(f, "severity"), Text(f, "object"), Text(f, "detail")))],
                [.. Items(json, "incidents").Select(i => new Incident(Text(i, "kind"), Text(i, "object"), Text(i, "state"), Text(i, "repair"), Text(i, "reason")))],
                said)
            {
                Told = true,
                Reasons = [.. Items(json, "checks").Select(c => Text(c, "reason")).Where(r => r.Length > 0)],
                Broken = [.. Items(json, "checks").Where(c => Text(c, "status") == "failed").Select(c => $"the check {Text(c, "name")} failed: {Text(c, "reason")}")],
            };
        }
        return new(exit, [], [], said);
    }

    private static IEnumerable<JsonNode> Items(JsonObject json, string name) => (json[name] as JsonArray ?? []).OfType<JsonNode>();

    private static string Text(JsonNode node, string name) => node[name]?.ToString() ?? "";

    internal sealed record Finding(string Kind, string Severity, string Object, string Detail);

    internal sealed record Incident(string Kind, string Object, string State, string Repair, string Reason);
}
