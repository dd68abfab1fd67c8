using HealingWorkers.Jobs.Findings;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>What a repair is going to do, exactly.</summary>
/// <param name="Defer">Why it cannot be now (a busy table, no room, a lagging replica); a deferral is not an attempt.</param>
/// <param name="Refuse">Why it must not be at all; the incident escalates with these words.</param>
public sealed record RepairPlan(string Repair, RiskClass Risk, IReadOnlyList<RepairStep> Steps)
{
    public string? Defer { get; init; }
    public string? Refuse { get; init; }
    /// <summary>Relations whose files the snapshot must hold, by oid.</summary>
    public IReadOnlyList<long> Relations { get; init; } = [];
    /// <summary>True where all that changes can be built again from other data, so that evidence suffices as a snapshot.</summary>
    public bool Derived { get; init; }
    /// <summary>Indexes that verification must look at besides the damaged object.</summary>
    public IReadOnlyList<long> Neighbours { get; init; } = [];
}

public sealed record RepairStep(string Statement, string Locks, string Why);
