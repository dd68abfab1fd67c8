using HealingWorkers.Jobs.Alerts;
using HealingWorkers.Jobs.Backups;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Repairs;
using HealingWorkers.Jobs.Snapshots;
using HealingWorkers.Jobs.Verification;
using Microsoft.Extensions.Logging;

namespace HealingWorkers.Jobs.Healing;

/// <summary>Puts a healer together, the same for a worker, for the foreground and for the tests.</summary>
public sealed class HealerFactory(HealingOptions options, LedgerDb db, TargetSet targets, IReadOnlyList<ICheck> checks, TimeProvider clock, ILoggerFactory logs)
{
    public HealerSettings Settings { get; init; } = HealerSettings.Of(options);
    public RepairLimits Limits { get; init; } = new();
    public FaultInjector Faults { get; init; } = FaultInjector.FromEnvironment();
    public SnapshotTaker Snapshots { get; init; } = new(options.StateDirectory, clock);

    public IncidentLedger Incidents { get; } = new(db);

    public IndexRecheck Recheck { get; } = new(checks);

    public TargetSet Targets => targets;

    public IReadOnlyList<IRepair> Repairs() => Repairs(checks, Limits);

    /// <summary>Every repair there is.</summary>
    public static IReadOnlyList<IRepair> Repairs(IReadOnlyList<ICheck> checks, RepairLimits limits)
    {
        var recheck = new IndexRecheck(checks);
        return
        [
            // indexes
            new RebuildIndex(recheck, limits),
            new RebuildIndexLocking(recheck, limits),
            new RebuildCriticalIndex(recheck),
            new RebuildCatalogue(recheck),
            new DropLeftover(limits),
            new ResolveDuplicates(limits),
            new KeepEvidence(recheck),

            // order of text
            new RebuildCollation(recheck, limits),

            // tables
            new TruncateVisibilityMap(limits),
            new UnhideRows(recheck, limits),
            new FreezeTuples(recheck, limits),
            new RewriteTable(checks, recheck, limits),
            new ToastPlaceholder(limits),
            new KillTuples(recheck, limits),
            new Salvage(),
            new KeepLastTrace(),

            // sequences and the catalogue
            new SetSequence(limits),
            new RecreateSequence(limits),

            // what the data mean
            new QuarantineOrphans(limits),
            new NullifyOrphans(limits),
            new NullifyValues(limits),
            new QuarantineValues(limits),
        ];
    }

    public HealerTools Tools() => new(targets, Repairs(), Snapshots, new Verifier(checks, Repairs(), Recheck, new CheckMemory(db)), Faults, clock)
    {
        Clones = CloneHouse.Of(options, $"{Environment.MachineName}:{Environment.ProcessId}", clock),
    };

    public HealerLedgers Ledgers() => new(Incidents, new LeaseLedger(db), new SnapshotLedger(db), new Pauses(db),
        new OutcomeLedger(db, new AlertQueue(new AlertOutbox(db), options, clock)), new QuarantineLedger(db));

    public IncidentHealer Create(HealerSettings? settings = null) => new(Ledgers(), Tools(), settings ?? Settings, logs.CreateLogger<IncidentHealer>());

    public IncidentUndo Undo() => new(Ledgers(), new UndoLedger(db), Tools(), Settings);

    public QuarantineRetention QuarantineRetention() => new(new QuarantineLedger(db), targets, options.Retention.Quarantine, logs.CreateLogger<QuarantineRetention>());

    public TwinRetention TwinRetention() => new(new QuarantineLedger(db), new Pauses(db), targets, options.Mode, logs.CreateLogger<TwinRetention>());

    public ReceiptVerifier Receipts() => new(db, new ReceiptLedger(db), new SnapshotLedger(db), Recheck, Snapshots.Storage);

    /// <param name="http">Shared; its own time-out is not relied on.</param>
    public AlertDelivery Alerts(HttpClient http, string worker) =>
        new(options, db, AlertSinks.Of(options.Alerts, http, clock, logs), worker, clock, logs.CreateLogger<AlertDelivery>());

    public SnapshotRetention Retention() => new(new SnapshotLedger(db), new LeaseLedger(db), Snapshots.Bases.Root, options.Retention.Snapshots, Snapshots.Storage, clock, logs.CreateLogger<SnapshotRetention>());
}
