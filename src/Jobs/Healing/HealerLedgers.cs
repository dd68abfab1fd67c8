using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;

namespace HealingWorkers.Jobs.Healing;

/// <summary>The ledgers that a healer writes to.</summary>
public sealed record HealerLedgers(IncidentLedger Incidents, LeaseLedger Leases, SnapshotLedger Snapshots, Pauses Pauses, OutcomeLedger Outcomes, QuarantineLedger Quarantines);
