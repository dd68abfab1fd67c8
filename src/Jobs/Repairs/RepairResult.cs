namespace HealingWorkers.Jobs.Repairs;

public enum RepairOutcome { Done, Deferred, Failed }

/// <param name="Statements">What was really sent to the server, in order.</param>
/// <param name="Rebuilt">Oids of the indexes that exist now in place of the damaged ones.</param>
public sealed record RepairResult(RepairOutcome Outcome, string? Reason, IReadOnlyList<string> Statements)
{
    public IReadOnlyList<long> Rebuilt { get; init; } = [];
}
