using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Alerts;
using HealingWorkers.Jobs.Incidents;

namespace HealingWorkers.Jobs.Schedule;

/// <summary>Tells a person; the incident of a repair that kills its worker escalates, so that nobody tries it again by itself.</summary>
public sealed class PoisonedRuns(IncidentLedger incidents, AlertQueue alerts)
{
    public async Task GiveUpAsync(JobRun run, string worker, CancellationToken cancel)
    {
        var what = $"job {run.Key} killed its process {JobLedger.MostExecutions} times and is not run again";
        long? incident = run.Job is JobNames.Repair or JobNames.Undo && (JsonNode.Parse(run.Arguments) as JsonObject)?["incident"] is { } id ? (long)id : null;
        var found = incident is { } number ? await incidents.FindAsync(number, cancel).ConfigureAwait(false) : null;
        if (found is not null && run.Job == JobNames.Repair && IncidentTransitions.Permits(found.State, IncidentState.Escalated))
        {
            await incidents.MoveAsync(found.Id, found.State, IncidentState.Escalated,
                new Move(worker, what)
                {
                    Reason = what,
                    AttemptOutcome = found.State.IsInHand() ? "crashed" : null,
                    AttemptError = found.State.IsInHand() ? what : null,
                }, cancel).ConfigureAwait(false);
        }
        await alerts.QueueAsync(new Alert($"job_poisoned:{run.Id}", "job_poisoned", "critical", found?.Id, run.Target ?? "", found?.Kind.Name ?? "", found?.Object.Quoted ?? "", what,
            $"Read the log of the worker that died last and of its machine (out of memory?); then {Again(run.Job)} tries again.", null, run.CreatedAt)
        {
            Since = found?.OpenedAt,
        }, within: null, cancel).ConfigureAwait(false);
    }

    private static string Again(string job) => job == JobNames.Undo ? "`healing undo`" : "`healing incidents reopen` or `healing trigger`";
}
