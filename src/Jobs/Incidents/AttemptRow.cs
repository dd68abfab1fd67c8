namespace HealingWorkers.Jobs.Incidents;

/// <summary>One try at one incident.</summary>
public sealed record AttemptRow
{
    public required long IncidentId { get; init; }
    public required int Number { get; init; }
    public required string Worker { get; init; }
    public required long Token { get; init; }
    public required DateTimeOffset StartedAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }
    /// <summary>succeeded | failed | crashed | deferred; null while in hand.</summary>
    public string? Outcome { get; init; }
    public string? Repair { get; init; }
    /// <summary>JSON.</summary>
    public string? Plan { get; init; }
    /// <summary>JSON.</summary>
    public string? Statements { get; init; }
    public long RowsQuarantined { get; init; }
    /// <summary>JSON: the batches in the target's quarantine, with their hashes.</summary>
    public string? Quarantine { get; init; }
    public string? Verification { get; init; }
    public string? Error { get; init; }
}
