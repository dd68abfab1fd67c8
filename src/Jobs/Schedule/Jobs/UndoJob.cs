using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;

namespace HealingWorkers.Jobs.Schedule;

/// <summary>undo: brings back what the repair of an incident took, or takes it again, as a person asked. It says which, so that a second delivery does not turn it round.</summary>
public sealed class UndoJob(IncidentUndo undo, IncidentLedger incidents, string worker) : IJob
{
    private static readonly TimeSpan Busy = TimeSpan.FromSeconds(5);

    public string Name => JobNames.Undo;

    public async Task<JobOutcome> RunAsync(JobContext context, CancellationToken cancel)
    {
        var (id, to, actor, why) = UndoRequests.Read(context.Arguments);
        var incident = await incidents.FindAsync(id, cancel).ConfigureAwait(false) ?? throw new HealingException($"there is no incident {id}", "`healing incidents --all` lists them.");
        if (incident.State == to)
        {
            return JobOutcome.With($"incident {id} is {to} already");
        }
        try
        {
            var outcome = await undo.RunAsync(id, worker, actor, why, dryRun: false, cancel, UndoRequests.Rows(context.Arguments)).ConfigureAwait(false);
            context.Log($"{outcome.Incident.State}: {outcome.Work.Said}");
            return JobOutcome.With(outcome.Work.Said);
        }
        catch (TargetBusyException busy)
        {
            return JobOutcome.Defer(Busy, busy.Message);
        }
    }
}
