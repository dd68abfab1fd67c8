using System.Globalization;
using HealingWorkers.Jobs.Backups;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Options;

namespace HealingWorkers.Jobs.Schedule;

/// <summary>db.backup: a backup of a target's server, or of its database; afterwards what retention lets go is removed.</summary>
public sealed class BackupJob(TargetSet targets, HealingOptions options, BackupHouse house, BackupLateness lateness, IncidentLedger incidents, TimeProvider clock) : IJob
{
    private static readonly TimeSpan Busy = TimeSpan.FromMinutes(1);

    public string Name => JobNames.Backup;

    public async Task<JobOutcome> RunAsync(JobContext context, CancellationToken cancel)
    {
        var target = targets.Named(context.Target ?? "");
        var interval = RecurringJobs.Of(Name, target.Name, options.Backups.Every).IntervalAt(clock.GetUtcNow());
        var made = await house.Maker().MakeAsync(target, interval / 2, context.Run, static _ => { }, cancel).ConfigureAwait(false);
        if (made.Backup is not { } backup)
        {
            return JobOutcome.Defer(Busy, "another worker backs that server up right now");
        }
        var said = made.By == BackupMadeBy.AnotherTarget
            ? $"backup {backup.Id} of {backup.TargetName} is of the same server and young enough: it serves {target.Name} as well"
            : string.Create(CultureInfo.InvariantCulture, $"backup {backup.Id} by {backup.Provider.Name()}: {backup.Bytes >> 20} MB of {backup.ServerBytes >> 20} MB in {backup.Took?.TotalSeconds:0.0} s, in {backup.Place}");
        context.Log(said);
        foreach (var gone in await house.Pruner().RunAsync(cancel).ConfigureAwait(false))
        {
            context.Log($"backup {gone.Backup.Id} of {gone.Backup.StartedAt:u} is removed: {gone.Why}");
        }
        var facts = await target.FactsAsync(cancel).ConfigureAwait(false);
        await lateness.LookAsync(target, await incidents.RegisterTargetAsync(target.Name, facts, cancel).ConfigureAwait(false), context.Log, cancel).ConfigureAwait(false);
        return JobOutcome.With(said);
    }
}
