using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace HealingWorkers.Jobs.Incidents;

/// <summary>A link of the chain: what was done, and the hash of the link before.</summary>
public sealed record Receipt
{
    /// <summary>What the first receipt has in place of a predecessor's hash.</summary>
    public static readonly string Origin = new('0', 64);

    public required long Seq { get; init; }
    public required long IncidentId { get; init; }
    public required int Attempt { get; init; }
    /// <summary>JSON, byte for byte as it was hashed.</summary>
    public required string Body { get; init; }
    public required string PreviousHash { get; init; }
    public required string Hash { get; init; }
    public required DateTimeOffset At { get; init; }

    /// <summary>Over every column, so that none can be changed without its showing.</summary>
    public static string HashOf(string previousHash, long seq, long incident, int attempt, DateTimeOffset at, string body)
    {
        var microseconds = (at.UtcDateTime - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        var head = string.Create(CultureInfo.InvariantCulture, $"{previousHash}\n{seq}\n{incident}\n{attempt}\n{microseconds}\n");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(head + body)));
    }

    internal string Recomputed() => HashOf(PreviousHash, Seq, IncidentId, Attempt, At, Body);
}

/// <summary>The first link of the chain that does not hold, and why.</summary>
public sealed record ChainBreak(long Seq, string Why);

/// <summary>The end of the chain: what goes out with alerts and logs, so that a rewritten chain is found.</summary>
public sealed record ChainHead
{
    public required long Seq { get; init; }
    public required string Hash { get; init; }
}
