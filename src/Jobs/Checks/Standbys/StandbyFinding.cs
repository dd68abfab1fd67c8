using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Checks;

/// <summary>What is wrong with a standby, and only there: under names of its own, so that nobody takes it for the primary's and repairs that.</summary>
internal static class StandbyFinding
{
    public static string ObjectOf(string standby, string? relation = null) => relation is null ? $"standby {standby}" : $"standby {standby}: {relation}";

    public static Finding Of(string check, FindingKind kind, TargetId target, string standby, string obj, string detail, string? part = null) =>
        Finding.Of(check, kind, target, new RelationName(0, obj), detail, part) with { Evidence = new JsonObject { ["standby"] = standby } };
}
