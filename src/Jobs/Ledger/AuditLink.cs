using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace HealingWorkers.Jobs.Ledger;

/// <summary>A link of the chain of the audit log, with the entry that it is about; all of that is null where the entry is gone.</summary>
internal sealed record AuditLink
{
    public required long Seq { get; init; }
    public required long AuditId { get; init; }
    public required string PreviousHash { get; init; }
    public required string Hash { get; init; }
    public DateTimeOffset? At { get; init; }
    public string? EventType { get; init; }
    public string? Severity { get; init; }
    public string? Message { get; init; }
    public string? Metadata { get; init; }
    public string? Actor { get; init; }
    public long? TargetId { get; init; }
    public long? IncidentId { get; init; }

    public bool IsThere => At is not null;

    /// <summary>As the trigger of the ledger hashes it, written a second time on purpose: whoever changes the trigger does not change this.</summary>
    public string Recomputed()
    {
        var microseconds = (At!.Value.UtcDateTime - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{PreviousHash}\n{Seq}\n{AuditId}\n{microseconds}\n{Number(TargetId)}\n{Number(IncidentId)}");
        foreach (var part in (string[])[EventType!, Severity!, Actor!, Message!, Metadata!])
            text.Append(CultureInfo.InvariantCulture, $"\n{Encoding.UTF8.GetByteCount(part)}:{part}");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    private static string Number(long? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "-";
}

internal sealed record AuditHead
{
    public required long Seq { get; init; }
    public required string Hash { get; init; }
    public required long AnchorSeq { get; init; }
    public required string AnchorHash { get; init; }
}
