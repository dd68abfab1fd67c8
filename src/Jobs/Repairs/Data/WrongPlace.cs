using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>Where a wrong row lies.</summary>
/// <param name="Leaf">The table that really holds it.</param>
public sealed record WrongPlace(RelationName Leaf, string Ctid);

/// <param name="Places">Of as many as are repaired in one go.</param>
/// <param name="Samples">Some, as a person would read them.</param>
public sealed record WrongPlaces(long Count, IReadOnlyList<WrongPlace> Places, IReadOnlyList<string> Samples)
{
    public const int Most = 100_000;
}

/// <summary>Rows that are wrong: how they are found, and whether one is still wrong when it is locked.</summary>
public interface IWrongRows
{
    RelationName Table { get; }

    /// <summary>Reads the whole table, by a session that cannot write.</summary>
    Task<WrongPlaces> FindAsync(Target target, CancellationToken cancel);

    /// <summary>The statement that looks at them again and locks those that are still wrong.</summary>
    string Locking(RelationName leaf);

    /// <summary>What its parameters stand for, beside the places; null: there are no others.</summary>
    string? Parameters { get; }

    /// <summary>Those of them that are still wrong, locked within the session's transaction; what somebody else holds is passed over.</summary>
    Task<IReadOnlyList<string>> LockAsync(RepairSession session, RelationName leaf, IReadOnlyList<string> ctids, CancellationToken cancel);
}
