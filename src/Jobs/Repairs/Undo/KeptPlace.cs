using System.Globalization;
using HealingWorkers.Jobs.Errors;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>Where a row lies in the quarantine, written batch.part.block.line.</summary>
/// <param name="Batch">The one that first took it, whatever became of that since.</param>
public sealed record KeptPlace(long Batch, int Part, string Place)
{
    public override string ToString() => FormattableString.Invariant($"{Batch}.{Part}.{Place.Trim('(', ')').Replace(',', '.')}");

    public static KeptPlace? Parse(string? text) =>
        text?.Split('.') is [var batch, var part, var block, var line] && long.TryParse(batch, NumberStyles.None, CultureInfo.InvariantCulture, out var b) && int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var p)
            && uint.TryParse(block, NumberStyles.None, CultureInfo.InvariantCulture, out var at) && ushort.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out var l)
            ? new(b, p, FormattableString.Invariant($"({at},{l})")) : null;

    public static IReadOnlyList<KeptPlace> ParseAll(IEnumerable<string> texts) => [.. texts.Select(t =>
        Parse(t.Trim()) ?? throw new HealingException($"`{t}` is no row in a quarantine", "it is written batch.part.block.line, as the page of the quarantine, GET /quarantine/{id}/rows and `healing undo ID --list` show it")).Distinct()];
}
