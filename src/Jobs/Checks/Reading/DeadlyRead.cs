using System.Text.Json;
using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Checks;

/// <summary>A read that a server did not survive or could not be called back from. The check does not do it again until a person says so.</summary>
/// <param name="Statement">What was sent, as a person would send it.</param>
/// <param name="How">What became of the server.</param>
public sealed record DeadlyRead(string Check, long Oid, string Object, string Statement, string How, DateTimeOffset Since)
{
    public RelationName Name => new(Oid, Object);

    /// <summary>The table that it is an index of; null where it is none.</summary>
    public long? Table { get; init; }

    /// <summary>What else the statement reads, and what may be to blame as well: the check leaves it alone for as long.</summary>
    public IReadOnlyList<RelationName> Beside { get; init; } = [];

    public Finding Finding(TargetId target) => Findings.Finding.Of(Check, FindingKind.DeadlyRead, target, Name,
        $"{How} while the check {Check} read it with {Statement}. {(Beside.Count == 0 ? "" : $"It reads {string.Join(", ", Beside)} too, and either may be to blame. ")}The check does not read it any more; once it is dealt with, `healing incidents close` lets it be read again") with
    {
        Evidence = new JsonObject
        {
            ["statement"] = Statement,
            ["how"] = How,
            ["since"] = Since.ToString("O", System.Globalization.CultureInfo.InvariantCulture),
            ["table_oid"] = Table ?? Oid,
            ["beside"] = new JsonArray([.. Beside.Select(b => (JsonNode)b.Quoted)]),
        },
    };

    internal string Json() => JsonSerializer.Serialize(this, LedgerJson.Options);

    internal static DeadlyRead? Read(string json)
    {
        try
        {
            return JsonSerializer.Deserialize<DeadlyRead>(json, LedgerJson.Options);
        }
        catch (JsonException)
        {
            // another version wrote it: an object is not kept from its checks by what nobody can read
            return null;
        }
    }
}
