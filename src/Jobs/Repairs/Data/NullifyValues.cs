using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Snapshots;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>Sets values that their rule does not allow to NULL and marks their rows.</summary>
public sealed class NullifyValues(RepairLimits limits) : IProvenRepair
{
    public string Name => "nullify_values";

    public RepairDescription Description { get; } = new(
        "Sets values that their rule does not allow to NULL, marks their rows where there is a column for it, and keeps them as they were in quarantine, in short batches.",
        DataRepair.Locks, "SELECT and UPDATE on the table, INSERT on the audit table where the rule names one, CREATE on the database for the schema healing_quarantine.", DataRepair.Undo);

    public Task<RepairPlan> PlanAsync(RepairSession session, Incident incident, CancellationToken cancel) => ValuePlanning.OfAsync(session, incident, Name, RuleAction.Nullify, cancel);

    public Task<RepairResult> ApplyAsync(RepairSession session, RepairPlan plan, SnapshotProof proof, CancellationToken cancel) => DataRepair.ApplyAsync(session, plan, proof, limits, cancel);

    public Task<OwnProof> ProveAsync(RepairSession session, Incident incident, RepairPlan plan, RepairResult result, CancellationToken cancel) => DataRepair.ProveAsync(session, incident, plan, cancel);
}
