using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Snapshots;

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
    /// <summary>Single pages of other relations that it must hold.</summary>
    public IReadOnlyList<WantedPages> Pages { get; init; } = [];
    /// <summary>Nothing is repaired, only kept: what an earlier attempt copied is not copied again, and what has no room is left out and named.</summary>
    public bool KeepsOnly { get; init; }
    /// <summary>True where all that changes can be built again from other data, so that evidence suffices as a snapshot.</summary>
    public bool Derived { get; init; }
    /// <summary>Which copy of the whole server it wants kept before; null: what its risk class asks for.</summary>
    public BaseSnapshot? Base { get; init; }
    /// <summary>The repair stops the server itself, so that a copy which wants it stopped is made meanwhile.</summary>
    public bool StopsServer { get; init; }
    /// <summary>Indexes that verification must look at besides the damaged object.</summary>
    public IReadOnlyList<long> Neighbours { get; init; } = [];
    /// <summary>The table's indexes before anything was done: what is new and invalid after a failure is this repair's own.</summary>
    public IReadOnlyList<long> IndexesBefore { get; init; } = [];
    /// <summary>Why there is nothing to do, for a plan without steps.</summary>
    public string? Nothing { get; init; }
    /// <summary>Rows that it would take to quarantine or change.</summary>
    public long Rows { get; init; }
    /// <summary>The owner declared what is to be done with such rows, so that up to the cap nobody needs to be asked.</summary>
    public bool OptedIn { get; init; }
    /// <summary>What only a person can decide here, whatever the owner declared; null: nothing.</summary>
    public string? Asks { get; init; }
    /// <summary>Some of those rows, as a person would read them.</summary>
    public IReadOnlyList<string> Samples { get; init; } = [];
    /// <summary>What else a person should know before approving: what may be lost, what to look at.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
    /// <summary>What the repair works on; each repair knows its own.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public object? Work { get; init; }
    [System.Text.Json.Serialization.JsonIgnore]
    public IReadOnlyList<IndexLook> Indexes { get; init; } = [];
    [System.Text.Json.Serialization.JsonIgnore]
    public CollationLook? Collation { get; init; }
}

public sealed record RepairStep(string Statement, string Locks, string Why)
{
    /// <summary>What the statement's parameters stand for; of many rows the first.</summary>
    [System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull)]
    public string? Parameters { get; init; }
}
