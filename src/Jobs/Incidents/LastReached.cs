using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Incidents;

/// <summary>What a target was when it was last reached.</summary>
public sealed record LastReached
{
    public required long Id { get; init; }
    public required string SystemIdentifier { get; init; }
    public required long DatabaseOid { get; init; }
    public required string DatabaseName { get; init; }

    public TargetId Identity => new(SystemIdentifier, DatabaseOid);
}
