using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Schedule;

namespace HealingWorkers.Dashboard.Api;

/// <summary>The port to the side of the jobs: what the dashboard may ask of it.</summary>
public interface IJobDesk
{
    /// <summary>What is done with runs: again, stopped, forgotten.</summary>
    JobOrders Orders { get; }

    /// <summary>The recurring jobs that the configuration asks for.</summary>
    IReadOnlyList<RecurringJob> Recurring { get; }

    /// <summary>Asks for a run now. Null when the same is waiting or running already.</summary>
    Task<JobRun?> TriggerAsync(JobTrigger trigger, CancellationToken cancel);

    Task<IReadOnlyList<RecurringState>> SchedulesAsync(CancellationToken cancel);

    /// <summary>Has an incident that a person decided about taken up now, instead of at the next look.</summary>
    Task TakeUpAsync(Incident incident, string actor, CancellationToken cancel);

    /// <summary>Asks for the rows of an incident to be brought back, or for its repair to be done again. Null when that is asked already.</summary>
    /// <param name="rows">Only these rows.</param>
    Task<JobRun?> UndoAsync(Incident incident, string actor, string why, CancellationToken cancel, RowChoice? rows = null);

    /// <summary>Has every worker look at the ledger now.</summary>
    Task WakeAsync(CancellationToken cancel);
}

/// <param name="Table">Narrows db.index_check to one table, schema.name.</param>
public sealed record JobTrigger(string Job, string Target, string? Table, string Actor);
