namespace HealingWorkers.Worker.Drills;

/// <summary>What all cases come to.</summary>
internal sealed record DrillScore(DrillOrder Order, IReadOnlyList<DrillResult> Results)
{
    public bool MeetsGoals => Results.All(r => r.MeetsGoals);

    public IReadOnlyList<DrillResult> Bad => [.. Results.Where(r => !r.MeetsGoals)];

    /// <summary>A class and version, over both kinds of cluster.</summary>
    public IEnumerable<DrillLine> Lines => Results.GroupBy(r => (r.Name, r.Version)).Select(g => DrillLine.Of(g.Key.Name, g.Key.Version, [.. g]));

    public DrillLine Total => DrillLine.Of("all", 0, Results);

    public IReadOnlyList<string> NotDetected => [.. Results.Where(r => !r.Detected && r.Name != DrillOrder.Healthy).Select(r => r.Name).Distinct(StringComparer.Ordinal)];

    /// <summary>What mixes were to be, and are not: by mix and class.</summary>
    public IReadOnlyList<string> LeftOut => [.. Results.SelectMany(r => r.LeftOut.Select(l => $"{r.Name}: {l}")).Distinct(StringComparer.Ordinal)];

    /// <summary>Outcomes below the best that could be, without what misses the goals.</summary>
    public IReadOnlyList<DrillResult> BelowBest => [.. Results.Where(r => !r.IsBest && r.MeetsGoals && r.Name != DrillOrder.Healthy)];

    public object AsJson() => new
    {
        seed = Order.Seed,
        goals_met = MeetsGoals,
        lines = Lines,
        not_detected = NotDetected,
        left_out = LeftOut,
        cases = Results,
    };
}

/// <summary>Counts of outcomes.</summary>
internal sealed record DrillLine(
    string Name, int Version, int Cases, int Detected, int Lossless, int Quarantine, int Escalated, int Missed, int Failed, int FalseRepairs, int RowsLost, double Seconds)
{
    public static DrillLine Of(string name, int version, IReadOnlyList<DrillResult> results)
    {
        int Count(DrillOutcome outcome) => results.Count(r => r.Outcome == outcome);
        return new(
            name, version, results.Count, results.Count(r => r.Detected), Count(DrillOutcome.Lossless), Count(DrillOutcome.Quarantine), Count(DrillOutcome.Escalated),
            Count(DrillOutcome.Missed), Count(DrillOutcome.Failed), results.Sum(r => r.FalseRepairs.Count), results.Sum(r => r.RowsLost.Count), Math.Round(results.Sum(r => r.Seconds), 1));
    }
}
