using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Schedule;

namespace HealingWorkers.Dashboard.Api;

/// <summary>Asks by way of the job ledger, which decides. A process without an engine of its own knows the schedules from the configuration.</summary>
public sealed class LedgerJobDesk(HealingOptions options, JobLedger ledger, JobDispatcher dispatcher, RepairRequests repairs, IJobEngine? engine, TimeProvider clock) : IJobDesk
{
    public JobOrders Orders { get; } = new(ledger, dispatcher);

    public IReadOnlyList<RecurringJob> Recurring { get; } = RecurringJobs.For(options);

    public Task<JobRun?> TriggerAsync(JobTrigger trigger, CancellationToken cancel) =>
        dispatcher.TriggerAsync(trigger.Job, trigger.Target, trigger.Table, trigger.Actor, cancel);

    public async Task<IReadOnlyList<RecurringState>> SchedulesAsync(CancellationToken cancel)
    {
        if (engine is not null)
            return await engine.RecurringAsync(cancel);
        var states = new List<RecurringState>();
        foreach (var job in Recurring)
            states.Add(new RecurringState(job.Id, job.Line.Next(clock.GetUtcNow()), await ledger.LastSuccessAsync(job.Id, cancel)));
        return states;
    }

    public async Task TakeUpAsync(Incident incident, string actor, CancellationToken cancel)
    {
        var ready = incident.State == IncidentState.AwaitingApproval && incident.ApprovedBy is not null;
        if (ready || (incident.State == IncidentState.Detected && incident.Repair is not null))
            await repairs.AskAsync(incident, actor, TimeSpan.Zero, cancel);
    }

    public Task<JobRun?> UndoAsync(Incident incident, string actor, string why, CancellationToken cancel, RowChoice? rows = null) =>
        new UndoRequests(dispatcher).AskAsync(incident, actor, why, cancel, rows);

    public Task WakeAsync(CancellationToken cancel) => dispatcher.WakeAsync(cancel);
}
