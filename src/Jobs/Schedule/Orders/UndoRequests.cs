using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Incidents;

namespace HealingWorkers.Jobs.Schedule;

/// <summary>Asks for rows to be brought back, or for a repair to be done again, by a worker.</summary>
public sealed class UndoRequests(JobDispatcher dispatcher)
{
    public static string Key(long incident) => FormattableString.Invariant($"undo:{incident}");

    /// <summary>Of what is Resolved the rows come back, of what is Undone the repair is done again. Null when that waits or runs already.</summary>
    public Task<JobRun?> AskAsync(Incident incident, string actor, string why, CancellationToken cancel)
    {
        var to = incident.State switch
        {
            IncidentState.Resolved => IncidentState.Undone,
            IncidentState.Undone => IncidentState.Resolved,
            _ => throw new HealingException($"incident {incident.Id} is {incident.State}: only what is Resolved can be undone, and what is Undone done again", "look at the incident for what can be decided about it"),
        };
        var arguments = new JsonObject { ["incident"] = incident.Id, ["to"] = to.ToString(), ["actor"] = actor, ["why"] = why };
        return dispatcher.RequestAsync(new JobRequest(Key(incident.Id), JobNames.Undo, incident.TargetName, arguments, actor) { TraceParent = incident.TraceParent }, cancel);
    }

    internal static (long Incident, IncidentState To, string Actor, string Why) Read(JsonObject arguments) =>
        ((long)arguments["incident"]!, Enum.Parse<IncidentState>((string)arguments["to"]!), (string)arguments["actor"]!, (string)arguments["why"]!);
}
