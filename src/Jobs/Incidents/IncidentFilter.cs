using HealingWorkers.Jobs.Findings;

namespace HealingWorkers.Jobs.Incidents;

public sealed record IncidentFilter
{
    public string? Target { get; init; }
    /// <summary>The database itself, whatever it is called.</summary>
    public long? TargetId { get; init; }
    public IncidentState? State { get; init; }
    public string? Kind { get; init; }
    public Severity? Severity { get; init; }
    /// <summary>Somewhere in the object, the detail or the reason, in whatever case.</summary>
    public string? Search { get; init; }
    public bool OpenOnly { get; init; }
    /// <summary>Leaves out what somebody wants left alone.</summary>
    public bool NotSuppressed { get; init; }
    /// <summary>Only these, where there are any.</summary>
    public IReadOnlyList<long>? Ids { get; init; }
    /// <summary>Keyset: ids below this one.</summary>
    public long? Before { get; init; }
    public int Limit { get; init; } = 50;
}
