using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;

namespace HealingWorkers.Jobs.Schedule;

/// <summary>db.orphan_cleanup: every check that belongs to this schedule.</summary>
public sealed class OrphanCleanupJob(TargetSet targets, IReadOnlyList<ICheck> checks, CheckRunner runner, IncidentLedger incidents) : IJob
{
    public string Name => JobNames.OrphanCleanup;

    public async Task<JobOutcome> RunAsync(JobContext context, CancellationToken cancel)
    {
        var target = targets.Named(context.Target ?? "");
        var id = await incidents.RegisterTargetAsync(target.Name, await target.FactsAsync(cancel).ConfigureAwait(false), cancel).ConfigureAwait(false);
        var found = 0;
        foreach (var check in checks.Where(c => c.Description.Schedule == JobNames.OrphanCleanup))
        {
            found += (await runner.RunAsync(target, id, check, CheckScope.All, null, context.Log, cancel).ConfigureAwait(false)).Findings.Count;
        }
        return JobOutcome.With(found == 0 ? "nothing found" : $"{found} findings");
    }
}
