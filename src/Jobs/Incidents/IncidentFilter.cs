namespace HealingWorkers.Jobs.Incidents;

public sealed record IncidentFilter
{
    public string? Target { get; init; }
    /// <summary>The database itself, whatever it is called.</summary>
    public long? TargetId { get; init; }
    public IncidentState? State { get; init; }
    public string? Kind { get; init; }
    public bool OpenOnly { get; init; }
    /// <summary>Keyset: ids below this one.</summary>
    public long? Before { get; init; }
    public int Limit { get; init; } = 50;
}
