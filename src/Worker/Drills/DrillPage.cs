using System.Globalization;
using System.Text;

namespace HealingWorkers.Worker.Drills;

/// <summary>The score as a page of the documentation.</summary>
internal static class DrillPage
{
    /// <param name="all">Of the cases that were asked for; fewer results are a drill that was broken off.</param>
    public static string Of(DrillScore score, int all)
    {
        var page = new StringBuilder();
        var versions = score.Results.Select(r => r.Version).Distinct().Order().ToList();
        page.AppendLine(CultureInfo.InvariantCulture, $"# Score\n\nMade by `./{DrillWords.Command(score.Order)} --output docs/score.md`. How to read it: [drill.md](drill.md).\n");
        page.AppendLine(CultureInfo.InvariantCulture, $"{score.Results.Count}{(score.Results.Count < all ? $" of {all}" : "")} broken databases; the goals (all that can be seen is detected, no readable row lost, nothing changed that was not damaged) are {(score.MeetsGoals ? "met" : "**not met**")}.\n");
        page.AppendLine("| version | cases | detected | healed lossless | healed with quarantine | escalated | not detected | failed | false repairs | rows lost | seconds |\n|---|---|---|---|---|---|---|---|---|---|---|");
        foreach (var version in versions)
        {
            Row(page, version.ToString(CultureInfo.InvariantCulture), DrillLine.Of("", version, [.. score.Results.Where(r => r.Version == version)]));
        }
        Row(page, "all", score.Total);
        page.AppendLine("\n## By class\n\nA cell is the outcome without checksums, then with: **l**ossless, **q**uarantine, **e**scalated, **-** not detected, **F**ailed. An asterisk: rows lost or a false repair.\n");
        page.AppendLine($"| class | best | {string.Join(" | ", versions)} | detected | false repairs | rows lost | seconds |\n|---|---|{string.Concat(versions.Select(_ => "---|"))}---|---|---|---|");
        foreach (var group in score.Results.GroupBy(r => r.Name))
        {
            var line = DrillLine.Of(group.Key, 0, [.. group]);
            var cells = versions.Select(v => string.Join(' ', group.Where(r => r.Version == v).OrderBy(r => r.Checksums).Select(Letter)));
            page.AppendLine(CultureInfo.InvariantCulture, $"| {group.Key} | {Best([.. group])} | {string.Join(" | ", cells)} | {line.Detected}/{line.Cases} | {line.FalseRepairs} | {line.RowsLost} | {line.Seconds:0.0} |");
        }
        page.AppendLine("\n## Not detected\n");
        foreach (var name in score.NotDetected)
        {
            var missed = score.Results.Where(r => r.Name == name && !r.Detected).ToList();
            page.AppendLine(CultureInfo.InvariantCulture, $"- `{name}`: {missed.Count} of {score.Results.Count(r => r.Name == name)}{Why(missed)}");
        }
        foreach (var held in score.Results.Where(r => r.HeldBack.Count > 0))
        {
            page.AppendLine(CultureInfo.InvariantCulture, $"- {held.Name} on {held.Version}, checksums {(held.Checksums ? "on" : "off")}: {string.Join(", ", held.HeldBack)} could not be looked at, which is told, until a person has dealt with another damage of the same case");
        }
        NotAsOrdered(page, score);
        page.AppendLine("\n## Goals not met\n");
        foreach (var bad in score.Bad)
        {
            page.AppendLine(CultureInfo.InvariantCulture, $"- `{bad.Name}` on {bad.Version}, checksums {(bad.Checksums ? "on" : "off")}: {DrillWords.Of(bad.Outcome)}, {bad.RowsLost.Count} rows lost, {bad.FalseRepairs.Count} false repairs. `{DrillWords.Command(bad, score.Order)}`");
        }
        if (score.Bad.Count == 0)
        {
            page.AppendLine("None.");
        }
        return page.ToString().ReplaceLineEndings("\n");
    }

    private static void NotAsOrdered(StringBuilder page, DrillScore score)
    {
        page.AppendLine("\n## Below the best\n\nWithin the goals, and less than the best: most of it could be healed, and is left to a person on purpose.\n");
        foreach (var group in score.BelowBest.GroupBy(r => (r.Name, Why: DrillReasons.Refusal(r.Name))))
        {
            page.AppendLine(CultureInfo.InvariantCulture, $"- `{group.Key.Name}`: {group.Count()} of {score.Results.Count(r => r.Name == group.Key.Name)}; {group.Key.Why ?? "**no reason is known**"}");
        }
        if (score.BelowBest.Count == 0)
        {
            page.AppendLine("None.");
        }
        if (score.LeftOut.Count > 0)
        {
            page.AppendLine("\n## Left out of mixes\n\nWhat was broken first was in the way.\n");
            foreach (var left in score.Results.Where(r => r.LeftOut.Count > 0))
            {
                page.AppendLine(CultureInfo.InvariantCulture, $"- {left.Name} on {left.Version}, checksums {(left.Checksums ? "on" : "off")}: {string.Join(", ", left.LeftOut)}");
            }
        }
    }

    private static string Why(IReadOnlyList<DrillResult> missed) =>
        missed.Any(r => r.Overlooked) ? string.Concat(missed.SelectMany(r => r.Missed).Distinct(StringComparer.Ordinal).Where(m => m != missed[0].Name).Select(m => $"; not seen: {m}"))
        : DrillReasons.IsHarmless(missed[0].Name) ? ", which does no harm"
        : ", which nothing tells from a healthy database";

    private static void Row(StringBuilder page, string name, DrillLine line) => page.AppendLine(
        CultureInfo.InvariantCulture,
        $"| {name} | {line.Cases} | {line.Detected} | {line.Lossless} | {line.Quarantine} | {line.Escalated} | {line.Missed} | {line.Failed} | {line.FalseRepairs} | {line.RowsLost} | {line.Seconds:0} |");

    private static string Best(IReadOnlyList<DrillResult> results) =>
        results[0].Name == DrillOrder.Healthy ? "untouched" : string.Join(" / ", results.OrderBy(r => r.Checksums).Select(r => DrillWords.Of(r.Best)).Distinct(StringComparer.Ordinal));

    private static string Letter(DrillResult result) => (result.Outcome switch
    {
        DrillOutcome.Lossless => "l",
        DrillOutcome.Quarantine => "q",
        DrillOutcome.Escalated => "e",
        DrillOutcome.Missed => "-",
        _ => "F",
    }) + (result.FalseRepairs.Count + result.RowsLost.Count > 0 ? "\\*" : "");
}
