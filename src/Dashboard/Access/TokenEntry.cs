using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using HealingWorkers.Dashboard.Http;

namespace HealingWorkers.Dashboard.Access;

/// <summary>What a token is good for; each includes the one before.</summary>
public enum TokenScope { Metrics, Read, Operate }

/// <summary>A line of the tokens file: <c>ID SCOPE EXPIRES TARGETS NAME HASH</c>. The token itself is nowhere.</summary>
/// <param name="Targets">Those that it may see and change; empty is all of them.</param>
public sealed record TokenEntry(string Id, TokenScope Scope, DateTimeOffset Expires, IReadOnlyList<string> Targets, string Name, string Hash) : IAccessEntry
{
    private const string Prefix = "hlg_";
    private const string Stamp = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    public static string Header => "# ID SCOPE EXPIRES TARGETS NAME HASH; written by `healing tokens`";

    public string Key => Id;

    public string Line => $"{Id} {Scope.ToString().ToLowerInvariant()} {Expires.UtcDateTime.ToString(Stamp, CultureInfo.InvariantCulture)} {(Targets.Count == 0 ? "*" : string.Join(',', Targets))} {Name} {Hash}";

    /// <summary>A new token, and the text that is shown once.</summary>
    public static (TokenEntry Entry, string Text) Make(string name, TokenScope scope, DateTimeOffset expires, IReadOnlyList<string> targets)
    {
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6));
        var secret = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        return (new TokenEntry(id, scope, expires, targets, name, HashOf(secret)), $"{Prefix}{id}_{secret}");
    }

    /// <summary>The id and the secret within the text of a token; null for another text.</summary>
    public static (string Id, string Secret)? Split(string text)
    {
        var parts = text.Split('_');
        return parts.Length == 3 && text.StartsWith(Prefix, StringComparison.Ordinal) && text.Length < 200 ? (parts[1], parts[2]) : null;
    }

    /// <summary>A secret of 256 random bits needs no slow hash.</summary>
    public bool Fits(string secret) => CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(Hash), Encoding.ASCII.GetBytes(HashOf(secret)));

    public Visitor Visitor => new("token:" + Name, Scope == TokenScope.Operate ? Role.Operator : Role.Viewer) { By = Entrance.Token, Targets = Targets.Count == 0 ? null : Targets, IsForMetrics = Scope == TokenScope.Metrics };

    public static TokenEntry? Parse(string line)
    {
        var parts = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length != 6 || ScopeOf(parts[1]) is not { } scope || !AccessNames.IsOne(parts[4]) || !parts[5].StartsWith("sha256$", StringComparison.Ordinal)
            || !DateTimeOffset.TryParseExact(parts[2], Stamp, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var expires))
            return null;
        return new TokenEntry(parts[0], scope, expires, parts[3] == "*" ? [] : parts[3].Split(','), parts[4], parts[5]);
    }

    public static TokenScope? ScopeOf(string text) => text switch { "metrics" => TokenScope.Metrics, "read" => TokenScope.Read, "operate" => TokenScope.Operate, _ => null };

    private static string HashOf(string secret) => "sha256$" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));
}
