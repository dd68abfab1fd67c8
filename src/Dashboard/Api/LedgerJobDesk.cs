using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Schedule;
using HealingWorkers.Jobs.Telemetry;

namespace HealingWorkers.Dashboard.Api;

/// <summary>Asks by writing to the job ledger, which decides; the engine, where this process has one, delivers at once instead of at its next look.</summary>
public sealed class LedgerJobDesk(JobLedger ledger, IJobEngine? engine) : IJobDesk
{
    public async Task<JobRun?> TriggerAsync(JobTrigger trigger, CancellationToken cancel)
    {
        var arguments = new JsonObject { ["why"] = trigger.Why };
        if (trigger.Table is not null)
            arguments["table"] = trigger.Table;
        var key = trigger.Table is null ? $"{trigger.Job}:{trigger.Target}" : $"{trigger.Job}:{trigger.Target}:{trigger.Table}";
        var run = await ledger.RequestAsync(new JobRequest(key, trigger.Job, trigger.Target, arguments, trigger.Actor) { TraceParent = TraceParent.Current() }, cancel);
        if (run is not null && engine is not null)
            await engine.DeliverAsync(run.Id, run.Key, run.DueAt, cancel);
        return run;
    }

    public async Task<IReadOnlyList<RecurringState>> SchedulesAsync(CancellationToken cancel) =>
        engine is null ? [] : await engine.RecurringAsync(cancel);

    public Task WakeAsync(CancellationToken cancel) => engine is null ? Task.CompletedTask : engine.WakeAsync(cancel);
}
