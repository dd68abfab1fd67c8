using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Snapshots;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>REINDEX INDEX CONCURRENTLY: readers and writers go on, the table is not touched.</summary>
public sealed class RebuildIndex(IndexRecheck recheck, RepairLimits limits) : IRepair
{
    private const string Locks = "SHARE UPDATE EXCLUSIVE on the table: nobody who reads or writes waits";

    public string Name => "rebuild_index";

    public RepairDescription Description { get; } = new(
        "Builds the index anew beside the damaged one and exchanges them.", Locks,
        "Ownership of the table (GRANT owner TO role), or pg_maintain from PostgreSQL 17 on.",
        "None: an index holds nothing that the table does not.");

    public Task<RepairPlan> PlanAsync(RepairSession session, Incident incident, CancellationToken cancel) =>
        new IndexPlanning(recheck, limits).PlanAsync(session, incident, RiskClass.LosslessOnline,
            static i => i.IsCatalog ? $"{i.Quoted} belongs to the system catalogue, which cannot be rebuilt concurrently"
                : i.IsExclusion ? $"{i.Quoted} backs an exclusion constraint, which cannot be rebuilt concurrently" : null,
            static i => new($"REINDEX INDEX CONCURRENTLY {i.Quoted}", Locks, "the index is built anew from its table"), cancel);

    public Task<RepairResult> ApplyAsync(RepairSession session, RepairPlan plan, SnapshotProof proof, CancellationToken cancel) =>
        IndexApplication.RunAsync(session, plan, proof, limits, limits.LockTimeout, cancel);
}
