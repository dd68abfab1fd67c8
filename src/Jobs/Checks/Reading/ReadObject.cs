using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Checks;

/// <summary>What a guarded statement reads.</summary>
public sealed record ReadObject(RelationName Name)
{
    /// <summary>The table that it is an index of; null where it is none.</summary>
    public long? Table { get; init; }
    /// <summary>What the same statement reads besides.</summary>
    public IReadOnlyList<RelationName> Beside { get; init; } = [];

    public string Quoted => Name.Quoted;

    internal List<RelationName> All => [Name, .. Beside];

    public static implicit operator ReadObject(RelationName name) => new(name);
}
