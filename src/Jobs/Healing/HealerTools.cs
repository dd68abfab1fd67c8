using HealingWorkers.Jobs.Repairs;
using HealingWorkers.Jobs.Snapshots;
using HealingWorkers.Jobs.Verification;

namespace HealingWorkers.Jobs.Healing;

/// <summary>What a healer works with.</summary>
public sealed record HealerTools(TargetSet Targets, IReadOnlyList<IRepair> Repairs, SnapshotTaker Snapshots, Verifier Verifier, FaultInjector Faults, TimeProvider Clock)
{
    /// <summary>Where copies of servers are tried; null: nowhere.</summary>
    public Backups.CloneHouse? Clones { get; init; }

    public IRepair? RepairNamed(string? name) => Repairs.FirstOrDefault(r => string.Equals(r.Name, name, StringComparison.Ordinal));
}
