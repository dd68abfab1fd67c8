using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Snapshots;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>A cure: plan first, looking at what is really there, then apply, which needs the proof of a snapshot.</summary>
public interface IRepair
{
    string Name { get; }
    RepairDescription Description { get; }

    /// <summary>Looks and never writes. A plan without steps says that nothing is left to do (a predecessor finished).</summary>
    Task<RepairPlan> PlanAsync(RepairSession session, Incident incident, CancellationToken cancel);

    Task<RepairResult> ApplyAsync(RepairSession session, RepairPlan plan, SnapshotProof proof, CancellationToken cancel);
}

/// <summary>A repair of single row versions: its session is opened as connections.surgery says, and is the one session that repairs all the same.</summary>
public interface ISurgery : IRepair;

/// <summary>A repair that keeps writers out for as long as it works: whatever the owner declared, it waits for the window.</summary>
public interface ILocking : IRepair;

/// <summary>A repair of a database that nobody gets into: its session is one with another database of the same server.</summary>
public interface IFromBeside : IRepair;

/// <param name="Needs">The rights it needs, in words and as GRANTs.</param>
public sealed record RepairDescription(string Summary, string Locks, string Needs, string Undo);
