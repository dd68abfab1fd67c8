using HealingWorkers.Drill;

namespace HealingWorkers.Worker.Drills;

internal enum DrillOutcome
{
    /// <summary>Sound again, every row as it was.</summary>
    Lossless,

    /// <summary>Sound again, and what had to go is in quarantine.</summary>
    Quarantine,

    /// <summary>Left to a person. What was done until then counts all the same.</summary>
    Escalated,

    /// <summary>Nobody noticed.</summary>
    Missed,

    /// <summary>Called resolved, and is not; or the healing itself failed.</summary>
    Failed,
}

/// <summary>What came of one case.</summary>
/// <param name="Note">Why, where it is not the best that could be.</param>
internal sealed record DrillResult(
    string Name, int Version, bool Checksums, BestOutcome Best, bool Detected, DrillOutcome Outcome, IReadOnlyList<string> FalseRepairs, IReadOnlyList<string> RowsLost,
    double Seconds, int Seed, string Story, string Note)
{
    public bool Crashed { get; init; }

    public bool TimedOut { get; init; }

    /// <summary>The classes of a case that could be seen and were not.</summary>
    public IReadOnlyList<string> Missed { get; init; } = [];

    /// <summary>The classes of a mix that are told to be not looked at as long as another is not dealt with.</summary>
    public IReadOnlyList<string> HeldBack { get; init; } = [];

    /// <summary>The classes of a mix that were not done, since what was broken first was in the way.</summary>
    public IReadOnlyList<string> LeftOut { get; init; } = [];

    /// <summary>It could be seen, and nobody saw it.</summary>
    public bool Overlooked => !Detected && Best != BestOutcome.NotDetectable;

    public bool MeetsGoals => FalseRepairs.Count == 0 && RowsLost.Count == 0 && !Overlooked && Outcome != DrillOutcome.Failed;

    public bool IsBest => (Best, Outcome) switch
    {
        (BestOutcome.Lossless, DrillOutcome.Lossless) => true,
        (BestOutcome.Quarantine, DrillOutcome.Lossless or DrillOutcome.Quarantine) => true,
        (BestOutcome.Escalated, not (DrillOutcome.Missed or DrillOutcome.Failed)) => true,
        (BestOutcome.NotDetectable, not DrillOutcome.Failed) => true,
        _ => false,
    };
}
