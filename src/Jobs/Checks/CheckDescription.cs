namespace HealingWorkers.Jobs.Checks;

/// <summary>What a check says of itself; `healing check --list` and the docs are made from it.</summary>
/// <param name="Schedule">The recurring job it belongs to: db.health_check, db.index_check or db.orphan_cleanup.</param>
public sealed record CheckDescription(
    string Name,
    string Summary,
    string Schedule,
    string Cost,
    string Locks,
    string Needs,
    string CannotSee,
    IReadOnlyList<Findings.FindingKind> Kinds);
