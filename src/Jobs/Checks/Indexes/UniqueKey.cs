namespace HealingWorkers.Jobs.Checks;

/// <summary>A unique index and how its table is asked whether its key is unique.</summary>
public sealed record UniqueKey
{
    public required long Oid { get; init; }
    public required string Quoted { get; init; }
    public required long TableOid { get; init; }
    public required string TableQuoted { get; init; }
    /// <summary>Functions of people in its key or predicate, which were written for the database's own search path.</summary>
    public required bool CallsFunctions { get; init; }
    /// <summary>Who could have us run a function with rights that he does not have.</summary>
    public required string? ForeignOwner { get; init; }
    public required string[] KeyColumns { get; init; }
    public required string[]? ReferencedBy { get; init; }
    public required string Query { get; init; }
    /// <summary>The same for each row of such groups.</summary>
    public required string Members { get; init; }
}

/// <summary>Visible rows of one key, by the places of the first and the last.</summary>
public sealed record DuplicateGroup(long Copies, string First, string Last, string Key);

/// <summary>One of several visible rows under a key.</summary>
public sealed record DuplicateRow(string Place, long Group, string Key);
