namespace HealingWorkers.Dashboard.Api;

/// <summary>A target as the ledger has it.</summary>
internal sealed record KnownTarget
{
    public required long Id { get; init; }
    public required string Name { get; init; }
    public required string Database { get; init; }
    public required int ServerVersion { get; init; }
    public required DateTimeOffset FirstSeenAt { get; init; }
    public required DateTimeOffset LastSeenAt { get; init; }
    public required int OpenIncidents { get; init; }
    public long? QuarantinedRows { get; init; }
    public DateTimeOffset? LookAt { get; init; }
    /// <summary>JSON: how it was at the last health check.</summary>
    public string? Look { get; init; }
}
