using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Incidents;

/// <summary>A piece of damage on its way from detection to resolution, as the ledger holds it.</summary>
public sealed record Incident
{
    public required long Id { get; init; }
    public required long TargetId { get; init; }
    public required string TargetName { get; init; }
    public required string Fingerprint { get; init; }
    public required FindingKind Kind { get; init; }
    public required Severity Severity { get; init; }
    public required string Check { get; init; }
    public required RelationName Object { get; init; }
    public required string Detail { get; init; }
    /// <summary>JSON.</summary>
    public required string Evidence { get; init; }
    public required string? Repair { get; init; }
    public required RiskClass? Risk { get; init; }
    public required IncidentState State { get; init; }
    public required int Attempts { get; init; }
    public required int AttemptsAllowed { get; init; }
    public required int Deferrals { get; init; }
    public required DateTimeOffset? DeferredSince { get; init; }
    public required string? Reason { get; init; }
    public required string? ApprovedBy { get; init; }
    /// <summary>Rows of the plan that was read; null where it was approved unread.</summary>
    public long? ApprovedRows { get; init; }
    /// <summary>The hash of the plan that was read, or of what it asked; null where it is bound to neither.</summary>
    public string? ApprovedPlan { get; init; }
    public required DateTimeOffset? DueAt { get; init; }
    public required DateTimeOffset OpenedAt { get; init; }
    public required DateTimeOffset LastSeenAt { get; init; }
    public required DateTimeOffset? ClosedAt { get; init; }
    public required string? TraceParent { get; init; }

    /// <summary>In its window as well: what was approved there may have grown since.</summary>
    public bool WaitsForApproval => State == IncidentState.AwaitingApproval || (State == IncidentState.AwaitingWindow && ApprovedBy is null);

    /// <summary>Somebody takes it up as soon as it is found: it is repaired, or a person is called.</summary>
    public bool IsTakenUpAtOnce => Repair is not null || Kind.IsEvent || (Severity == Severity.Critical && !Kind.IsOfSurroundings && !Kind.IsSymptom);

    /// <summary>The table that it is in: of an index its table, else the object itself.</summary>
    public long TableOid => Finding.TableOf(JsonNode.Parse(Evidence), Object);

    /// <summary>The idempotency key of the next attempt; unique while pending or running.</summary>
    public string NextRepairKey => RepairKey(Id, Attempts + 1);

    public static string RepairKey(long incident, int attempt) => $"repair:{incident}:{attempt}";
}
