namespace HealingWorkers.Jobs.Ledger;

/// <summary>Keeps what comes from outside from filling the ledger.</summary>
internal static class Text
{
    public static string? Bounded(string? text, int most) =>
        text is null ? null : (text.Length <= most ? text : string.Concat(text.AsSpan(0, most - 1), "…")).Replace("\0", "", StringComparison.Ordinal);

    /// <summary>Of a log the end is worth most.</summary>
    public static string? Tail(string? text, int most) =>
        text is null ? null : (text.Length <= most ? text : string.Concat("…", text.AsSpan(text.Length - most + 1))).Replace("\0", "", StringComparison.Ordinal);
}
