using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Snapshots;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>Sets references that point at nothing to NULL.</summary>
public sealed class NullifyOrphans(RepairLimits limits) : IProvenRepair
{
    public string Name => "nullify_orphans";

    public RepairDescription Description { get; } = new(
        "Sets references that point at nothing to NULL and keeps the rows as they were in quarantine, in short batches; one whose parent came meanwhile stays.",
        DataRepair.Locks, "SELECT and UPDATE on the table, SELECT on the parent, CREATE on the database for the schema healing_quarantine; ownership of the table for the twin constraint.", DataRepair.Undo);

    public Task<RepairPlan> PlanAsync(RepairSession session, Incident incident, CancellationToken cancel) => OrphanPlanning.OfAsync(session, incident, Name, RuleAction.Nullify, cancel);

    public Task<RepairResult> ApplyAsync(RepairSession session, RepairPlan plan, SnapshotProof proof, CancellationToken cancel) => DataRepair.ApplyAsync(session, plan, proof, limits, cancel);

    public Task<OwnProof> ProveAsync(RepairSession session, Incident incident, RepairPlan plan, RepairResult result, CancellationToken cancel) => DataRepair.ProveAsync(session, incident, plan, cancel);
}
