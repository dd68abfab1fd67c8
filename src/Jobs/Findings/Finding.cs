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

    public static Finding Of(string check, FindingKind kind, TargetId target, RelationName obj, string detail) =>
        new(check, kind, kind.Severity, obj, detail, Findings.Fingerprint.Of(target, kind, obj.Quoted));
}
