using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;

namespace HealingWorkers.Jobs.Schedule;

/// <summary>Tells a person; the incident of a repair that kills its worker escalates, so that nobody tries it again by itself.</summary>
public sealed class PoisonedRuns(IncidentLedger incidents, AlertOutbox outbox, IReadOnlyList<string> sinks) : IPoisonedRuns
{
    public async Task GiveUpAsync(JobRun run, string worker, CancellationToken cancel)
    {
        var what = $"job {run.Key} killed its process {JobLedger.MostExecutions} times and is not run again";
        long? incident = run.Job == JobNames.Repair && (JsonNode.Parse(run.Arguments) as JsonObject)?["incident"] is { } id ? (long)id : null;
        var found = incident is { } number ? await incidents.FindAsync(number, cancel).ConfigureAwait(false) : null;
        if (found is not null && IncidentTransitions.Permits(found.State, IncidentState.Escalated))
        {
            await incidents.MoveAsync(found.Id, found.State, IncidentState.Escalated,
                new Move(worker, what)
                {
                    Reason = what,
                    AttemptOutcome = found.State.IsInHand() ? "crashed" : null,
                    AttemptError = found.State.IsInHand() ? what : null,
                }, cancel).ConfigureAwait(false);
        }
        var payload = new JsonObject
        {
            ["key"] = $"job_poisoned:{run.Id}",
            ["event"] = "job_poisoned",
            ["severity"] = "critical",
            ["incident_id"] = found?.Id,
            ["target"] = run.Target ?? "",
            ["kind"] = found?.Kind.Name ?? "",
            ["object"] = found?.Object.Quoted ?? "",
            ["message"] = what,
            ["what_to_do"] = "read the log of the worker that died last and of its machine (out of memory?); then `healing incidents reopen` or `healing trigger` tries again",
            ["at"] = run.CreatedAt,
        };
        foreach (var sink in sinks)
        {
            await outbox.QueueAsync(new NewAlert($"job_poisoned:{run.Id}", sink, found?.Id, "job_poisoned", "critical", payload.ToJsonString()), cancel).ConfigureAwait(false);
        }
    }
}
