using System.Globalization;
using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Findings;

/// <summary>One thing a check found wrong with one object.</summary>
public sealed record Finding(string Check, FindingKind Kind, Severity Severity, RelationName Object, string Detail, string Fingerprint)
{
    /// <summary>The repair that is right for this object, which may differ from the kind's usual one.</summary>
    public string? Repair { get; init; } = Kind.Repair;
    public RiskClass? Risk { get; init; } = Kind.Risk;
    public JsonObject Evidence { get; init; } = [];

    /// <summary>The table that it is in: of an index its table, else the object itself.</summary>
    public long TableOid => TableOf(Evidence, Object);

    internal static long TableOf(JsonNode? evidence, RelationName obj) => (long?)evidence?["table_oid"] ?? obj.Oid;

    /// <param name="part">A constraint, a rule: what of the object, where it can have this more than once.</param>
    public static Finding Of(string check, FindingKind kind, TargetId target, RelationName obj, string detail, string? part = null) =>
        new(check, kind, kind.Severity, obj, detail, Findings.Fingerprint.Of(target, kind, obj.Quoted, part));

    /// <summary>
    /// Damage in one block of a table: one finding a block, whatever the tuples in it, so that the same block is the same incident.
    /// It is shown as <c>schema.table(block,offset)</c>, with the first of the offsets; all are in the evidence as <c>block</c> and <c>offsets</c>.
    /// </summary>
    public static Finding InBlock(string check, FindingKind kind, TargetId target, RelationName table, long block, IReadOnlyList<int> offsets, string detail)
    {
        var place = offsets.Count > 0 ? string.Create(CultureInfo.InvariantCulture, $"({block},{offsets[0]})") : string.Create(CultureInfo.InvariantCulture, $"({block})");
        var part = string.Create(CultureInfo.InvariantCulture, $"block {block}");
        return new(check, kind, kind.Severity, table with { Quoted = table.Quoted + place }, detail, Findings.Fingerprint.Of(target, kind, table.Quoted, part))
        {
            Evidence = new JsonObject
            {
                ["table"] = table.Quoted,
                ["table_oid"] = table.Oid,
                ["block"] = block,
                ["offsets"] = new JsonArray([.. offsets.Select(o => (JsonNode)o)]),
            },
        };
    }
}
