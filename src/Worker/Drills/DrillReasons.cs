namespace HealingWorkers.Worker.Drills;

/// <summary>What is known of outcomes that look worse than they are.</summary>
internal static class DrillReasons
{
    /// <summary>Damages that nobody need see: the server makes anew by use what was broken. All others that are not detectable are harm that nothing tells.</summary>
    private static readonly string[] NoHarm = ["free_space_map"];

    private static readonly Dictionary<string, string> Refused = new(StringComparer.Ordinal)
    {
        ["heap_xmin_future"] = "declaring a row to be there may bring back one that was removed: somebody must have read the plan (freeze_tuples)",
        ["heap_xmin_ancient"] = "declaring a row to be there may bring back one that was removed: somebody must have read the plan (freeze_tuples)",
        ["heap_xmin_called_invalid"] = "the same as of heap_xmin_ancient, where no map shows that the row is there",
        ["heap_xmax_called_committed"] = "the same as of heap_xmin_ancient, where no map shows that the row is there",
        ["heap_attribute_count"] = "in a row that has nulls so many columns make its values begin elsewhere: whoever reads it may take the server down",
        ["toast_chunk_missing"] = "a standby or a backup may have the value: somebody must have looked (toast_placeholder)",
        ["gin_bit_flipped"] = "where the key stays in its place among the others and one row alone has it: nothing tells which of the two was changed, and a new index would take over what the row says",
        ["orphans_inserted"] = "where rows of a third table refer to the orphan, by a key that does not let go: somebody must decide first what becomes of them",
    };

    public static bool IsHarmless(string name) => NoHarm.Contains(name, StringComparer.Ordinal);

    /// <summary>Why a class that could be healed is left to a person all the same; null where nobody knows why.</summary>
    public static string? Refusal(string name) =>
        Refused.GetValueOrDefault(name)
        // Of what is broken in several ways at once, one may keep another from being healed.
        ?? (name.StartsWith(DrillOrder.Mix, StringComparison.Ordinal) ? "one damage may keep another from being healed" : null);
}
