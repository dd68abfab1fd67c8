using HealingWorkers.Jobs.Incidents;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>A repair that brings a proof of its own, besides the check that found the damage.</summary>
public interface IProvenRepair : IRepair
{
    Task<OwnProof> ProveAsync(RepairSession session, Incident incident, RepairPlan plan, RepairResult result, CancellationToken cancel);
}

/// <param name="Holds">Null: it cannot be told.</param>
public sealed record OwnProof(bool? Holds, string Said);
