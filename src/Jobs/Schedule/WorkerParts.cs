using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Targets;
using Microsoft.Extensions.Logging;

namespace HealingWorkers.Jobs.Schedule;

/// <summary>What a worker process is made of.</summary>
public sealed record WorkerParts(HealingOptions Options, LedgerDb Db, IJobEngine Engine, TimeProvider Clock, ILoggerFactory Logs, string WorkerId)
{
    public string Version { get; init; } = "";
    public IReadOnlyList<Target> Targets { get; init; } = [];
    public IReadOnlyList<ICheck> Checks { get; init; } = [];

    /// <summary>Null: a worker that repairs nothing, since it cannot.</summary>
    public IHealer? Healer { get; init; }

    /// <summary>Null: a worker that brings nothing back, since it cannot.</summary>
    public IncidentUndo? Undo { get; init; }

    /// <summary>Where this process is to die, in the tests of the fleet.</summary>
    public FaultInjector Faults { get; init; } = FaultInjector.None;

    /// <summary>Makes and sends alerts until cancelled.</summary>
    public Func<CancellationToken, Task>? SendAlerts { get; init; }

    /// <summary>Tidies what is not the ledger's own, as old snapshots; once an hour.</summary>
    public Func<CancellationToken, Task>? Tidy { get; init; }

    /// <summary>Null: those that the configuration asks for.</summary>
    public IReadOnlyList<RecurringJob>? Recurring { get; init; }

    /// <summary>Further jobs.</summary>
    public IReadOnlyList<IJob> Jobs { get; init; } = [];
}
