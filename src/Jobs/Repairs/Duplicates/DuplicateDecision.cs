using System.Security.Cryptography;
using System.Text.Json;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>Which row of a key stays, which go, and why; and the references to those that go, which come to the one that stays.</summary>
/// <param name="IsDecided">False where the rows differ, and nothing says which is right.</param>
internal sealed record DuplicateDecision(string Key, DuplicateCopy Winner, IReadOnlyList<DuplicateCopy> Losers, string Why, bool IsDecided)
{
    /// <summary>What would point at nothing, since it points at rows that go by rules that no server knows.</summary>
    public IReadOnlyList<string> Loose { get; init; } = [];
    /// <summary>False where a person should look.</summary>
    public bool IsClear => IsDecided && Loose.Count == 0;
    public bool IsOfKnownAge => Losers.Append(Winner).All(c => c.Age is not null);
    /// <summary>What a person who is asked about it has read: the key, and the values of the row that stays and of those that go, wherever they are by now.</summary>
    public string Read => Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes((IReadOnlyList<string>)
        [Key, IsDecided ? "pointed at" : Loose.Count > 0 ? "differ, pointed at" : "differ", Winner.Said, .. Losers.Select(l => l.Said).Order(StringComparer.Ordinal)])));
}

/// <param name="Age">In transactions: the larger, the older; null where it cannot be told.</param>
/// <param name="Said">All its values, as quarantine keeps them.</param>
internal sealed record DuplicateCopy(string Place, long? Age, string Said)
{
    /// <summary>By other keys than the one that is double, the places of rows that refer to this one.</summary>
    public List<Referring> Referring { get; } = [];
}

internal sealed record Referring(Reference Reference, IReadOnlyList<string> Places);
