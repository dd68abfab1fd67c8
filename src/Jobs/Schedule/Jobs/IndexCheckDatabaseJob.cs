using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;

namespace HealingWorkers.Jobs.Schedule;

/// <summary>db.index_check.database: the checks of that schedule that look at the whole database at once (leftovers, collations), and what is gone by now.</summary>
public sealed class IndexCheckDatabaseJob(TargetSet targets, IReadOnlyList<ICheck> checks, CheckRunner runner, IncidentLedger incidents, string worker) : IJob
{
    public string Name => JobNames.IndexCheckDatabase;

    public async Task<JobOutcome> RunAsync(JobContext context, CancellationToken cancel)
    {
        var target = targets.Named(context.Target ?? "");
        var id = await incidents.RegisterTargetAsync(target.Name, await target.FactsAsync(cancel).ConfigureAwait(false), cancel).ConfigureAwait(false);
        var found = 0;
        var mine = checks.Where(c => c.Description.Schedule == JobNames.IndexCheck).ToList();
        foreach (var check in mine.Where(c => c.Description.Reach == CheckReach.Database))
        {
            found += (await runner.RunAsync(target, id, check, CheckScope.All, null, context.Log, cancel).ConfigureAwait(false)).Findings.Count;
        }
        foreach (var gone in await new Absences(incidents).LookAsync(target, id, mine, worker, cancel).ConfigureAwait(false))
        {
            context.Log($"incident {gone.Id}: {gone.Object.Quoted} no longer exists");
        }
        return JobOutcome.With(found == 0 ? "sound" : $"{found} findings");
    }
}
