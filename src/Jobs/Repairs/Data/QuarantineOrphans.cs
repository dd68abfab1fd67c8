using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Snapshots;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>Takes rows that point at nothing to quarantine.</summary>
public sealed class QuarantineOrphans(RepairLimits limits) : IProvenRepair
{
    public string Name => "quarantine_orphans";

    public RepairDescription Description { get; } = new(
        "Takes rows that point at nothing to quarantine, with all that foreign keys take along, in short batches; one whose parent came meanwhile stays.",
        DataRepair.Locks, "SELECT, UPDATE and DELETE on the table and on what its keys take along, SELECT on the parent, CREATE on the database for the schema healing_quarantine; ownership of the table for the twin constraint.", DataRepair.Undo);

    public Task<RepairPlan> PlanAsync(RepairSession session, Incident incident, CancellationToken cancel) => OrphanPlanning.OfAsync(session, incident, Name, RuleAction.Quarantine, cancel);

    public Task<RepairResult> ApplyAsync(RepairSession session, RepairPlan plan, SnapshotProof proof, CancellationToken cancel) => DataRepair.ApplyAsync(session, plan, proof, limits, cancel);

    public Task<OwnProof> ProveAsync(RepairSession session, Incident incident, RepairPlan plan, RepairResult result, CancellationToken cancel) => DataRepair.ProveAsync(session, incident, plan, cancel);
}
