using System.Globalization;

namespace HealingWorkers.Jobs.Ledger;

/// <summary>Whether the audit log is what was written.</summary>
/// <param name="From">The link after which the walk began: 0, or the last one that was archived.</param>
/// <param name="Through">The last link that was walked.</param>
/// <param name="Head">The hash of that link.</param>
/// <param name="Misfits">The first of what does not fit, in the order of the chain.</param>
public sealed record AuditVerdict(long From, long Through, string Head, IReadOnlyList<AuditMisfit> Misfits)
{
    public bool Holds => Misfits.Count == 0;

    /// <summary>What is kept elsewhere, so that a chain which is cut off or written anew is found.</summary>
    public AuditMark Mark => new(Through, Head);
}

/// <param name="Link">Its place in the chain; null for an entry that has none.</param>
/// <param name="Entry">Its number in the audit log; null where only the link is known to be missing.</param>
public sealed record AuditMisfit(long? Link, long? Entry, string Why);

/// <summary>A head that was made known earlier, written SEQ:HASH.</summary>
public sealed record AuditMark(long Seq, string Hash)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Seq}:{Hash}");

    public static AuditMark? Parse(string text) =>
        text.Split(':') is [var seq, { Length: 64 } hash] && long.TryParse(seq, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && hash.All(char.IsAsciiHexDigitLower)
            ? new AuditMark(number, hash) : null;
}
