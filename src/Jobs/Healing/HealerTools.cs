using HealingWorkers.Jobs.Repairs;
using HealingWorkers.Jobs.Snapshots;
using HealingWorkers.Jobs.Verification;

namespace HealingWorkers.Jobs.Healing;

/// <summary>What a healer works with.</summary>
public sealed record HealerTools(TargetSet Targets, IReadOnlyList<IRepair> Repairs, SnapshotTaker Snapshots, Verifier Verifier, FaultInjector Faults, TimeProvider Clock)
{
    public IRepair? RepairNamed(string? name) => Repairs.FirstOrDefault(r => string.Equals(r.Name, name, StringComparison.Ordinal));
}
