namespace HealingWorkers.Jobs.Repairs;

public enum RepairOutcome
{
    Done,
    Deferred,
    Failed,

    /// <summary>All that could be done without a person is done.</summary>
    Escalated,
}

/// <param name="Statements">What was really sent to the server, in order.</param>
/// <param name="Rebuilt">Oids of the indexes that exist now in place of the damaged ones.</param>
public sealed record RepairResult(RepairOutcome Outcome, string? Reason, IReadOnlyList<string> Statements)
{
    public IReadOnlyList<long> Rebuilt { get; init; } = [];
    /// <summary>The server was stopped for it, and with it the session of the repair ended.</summary>
    public bool Restarted { get; init; }
    /// <summary>Rows in quarantine now by this repair.</summary>
    public long RowsQuarantined { get; init; }
    /// <summary>Other relations whose files were changed in place, to be read back past the cache.</summary>
    public IReadOnlyList<TouchedRelation> Touched { get; init; } = [];
}

/// <param name="Blocks">The blocks that were changed; none for all of them.</param>
public sealed record TouchedRelation(long Oid, IReadOnlyList<long> Blocks)
{
    /// <summary>Empty for the rows themselves, _vm for the visibility map.</summary>
    public string Fork { get; init; } = "";
}
