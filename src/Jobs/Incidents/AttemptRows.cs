using System.Text.Json.Nodes;

namespace HealingWorkers.Jobs.Incidents;

/// <summary>What the attempts at an incident took, and what of that came back.</summary>
public static class AttemptRows
{
    /// <summary>The attempt of an undo after which the incident is what it was.</summary>
    public const string BroughtBack = "rows_back";
    /// <summary>Such rows taken once more.</summary>
    public const string TakenAgain = "rows_again";

    /// <summary>Batches of the target's quarantine, with their rows.</summary>
    public static IReadOnlyList<(long Batch, long Rows)> Batches(this AttemptRow attempt) => attempt.Quarantine is not { } kept ? []
        : [.. (JsonNode.Parse(kept) as JsonArray ?? []).Select(b => ((long)b!["batch"]!, (long)b["rows"]!))];

    /// <summary>How many rows came back while their incident stayed what it was.</summary>
    public static long Back(this IEnumerable<AttemptRow> attempts) => attempts.Sum(a => a.Repair switch
    {
        BroughtBack => a.Batches().Sum(b => b.Rows),
        TakenAgain => -a.Batches().Sum(b => b.Rows),
        _ => 0,
    });

    /// <summary>Batches that came back before the incident was reopened: what its repair did after that is kept in others.</summary>
    public static IReadOnlySet<long> BackBeforeReopened(this IReadOnlyCollection<AttemptRow> attempts) => attempts
        .Where(a => a.Repair == BroughtBack && attempts.Any(l => l.Number > a.Number && l.Repair is not (BroughtBack or TakenAgain or "undo" or "undo_undone")))
        .SelectMany(a => a.Batches()).Select(b => b.Batch).ToHashSet();
}
