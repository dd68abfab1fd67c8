using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Repairs;

namespace HealingWorkers.Jobs.Schedule;

/// <summary>Asks for rows to be brought back, or for a repair to be done again, by a worker.</summary>
public sealed class UndoRequests(JobDispatcher dispatcher)
{
    public static string Key(long incident) => FormattableString.Invariant($"undo:{incident}");

    /// <summary>Of what is Resolved, Escalated or Closed the rows come back, of what is Undone the repair is done again. Null when that waits or runs already.</summary>
    /// <param name="rows">Only these rows; the incident stays what it is while others are in the quarantine.</param>
    public Task<JobRun?> AskAsync(Incident incident, string actor, string why, CancellationToken cancel, RowChoice? rows = null)
    {
        if (rows is { Places.Count: 0 or > SingleRows.Most })
            throw new HealingException($"{rows.Places.Count} rows were chosen", $"choose 1 to {SingleRows.Most}, or undo the whole incident");
        if (rows is not null && incident.State != IncidentState.Resolved && (rows.Again || !incident.State.GivesBack()))
            throw new HealingException($"incident {incident.Id} is {incident.State}: single rows are brought back while it is Resolved, Escalated or Closed, and taken again while it is Resolved", "look at the incident for what can be decided about it");
        var to = incident.State switch
        {
            // those others stay what they are: it says that the rows are to come back
            var state when state.GivesBack() => IncidentState.Undone,
            IncidentState.Undone => IncidentState.Resolved,
            _ => throw new HealingException($"incident {incident.Id} is {incident.State}: only what is Resolved, Escalated or Closed can be undone, and what is Undone done again", "look at the incident for what can be decided about it"),
        };
        var arguments = new JsonObject { ["incident"] = incident.Id, ["to"] = to.ToString(), ["actor"] = actor, ["why"] = why };
        if (rows is not null)
        {
            arguments["rows"] = new JsonArray([.. rows.Places.Select(p => (JsonNode)p.ToString())]);
            arguments["again"] = rows.Again;
        }
        var what = (rows, to) switch
        {
            ({ Again: false }, _) => $"to bring back {rows.Places.Count} chosen rows",
            ({ Again: true }, _) => $"to take {rows.Places.Count} chosen rows again",
            (_, IncidentState.Undone) => "to bring its rows back",
            _ => "to do its repair again",
        };
        return dispatcher.RequestAsync(new JobRequest(Key(incident.Id), JobNames.Undo, incident.TargetName, arguments, actor) { TraceParent = incident.TraceParent }, cancel,
            run => new AuditEntry("incident.undo_asked", "info", $"run {run.Id} is asked for {what}: {why}", actor)
            {
                TargetId = incident.TargetId, IncidentId = incident.Id, Metadata = new JsonObject { ["run"] = run.Id }.ToJsonString(),
            });
    }

    internal static RowChoice? Rows(JsonObject arguments) => arguments["rows"] is JsonArray rows
        ? new(KeptPlace.ParseAll(rows.Select(r => (string)r!)), (bool?)arguments["again"] ?? false) : null;

    internal static (long Incident, IncidentState To, string Actor, string Why) Read(JsonObject arguments) =>
        ((long)arguments["incident"]!, Enum.Parse<IncidentState>((string)arguments["to"]!), (string)arguments["actor"]!, (string)arguments["why"]!);
}
