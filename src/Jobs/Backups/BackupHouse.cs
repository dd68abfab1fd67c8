using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using Microsoft.Extensions.Logging;

namespace HealingWorkers.Jobs.Backups;

/// <summary>Puts together whatever works on backups, the same for a worker and for a command.</summary>
public sealed class BackupHouse(HealingOptions options, LedgerDb db, TimeProvider clock, ILoggerFactory logs, string worker)
{
    public BackupLedger Ledger { get; } = new(db);

    public BackupWays Ways { get; } = new(options);

    /// <summary>Whether any target is backed up at all.</summary>
    public bool Any => options.Targets.Any(t => options.Backups.ProviderOf(t) != BackupProvider.None);

    public BackupMaker Maker() => new(options, Ledger, new LeaseLedger(db), new IncidentLedger(db), clock, worker);

    public BackupPruner Pruner() => new(options, Ledger, new LeaseLedger(db), clock, worker, logs.CreateLogger<BackupPruner>());
}
