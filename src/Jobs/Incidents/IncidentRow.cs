using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Incidents;

/// <summary>An incident as its columns say it.</summary>
internal sealed record IncidentRow
{
    public required long Id { get; init; }
    public required long TargetId { get; init; }
    public required string TargetName { get; init; }
    public required string Fingerprint { get; init; }
    public required string Kind { get; init; }
    public required string Severity { get; init; }
    public required string CheckName { get; init; }
    public required long ObjectOid { get; init; }
    public required string Object { get; init; }
    public required string Detail { get; init; }
    public required string Evidence { get; init; }
    public string? Repair { get; init; }
    public string? Risk { get; init; }
    public required string State { get; init; }
    public required int Attempts { get; init; }
    public required int AttemptsAllowed { get; init; }
    public required int Deferrals { get; init; }
    public DateTimeOffset? DeferredSince { get; init; }
    public string? Reason { get; init; }
    public string? ApprovedBy { get; init; }
    public long? ApprovedRows { get; init; }
    public string? ApprovedPlan { get; init; }
    public DateTimeOffset? DueAt { get; init; }
    public required DateTimeOffset OpenedAt { get; init; }
    public required DateTimeOffset LastSeenAt { get; init; }
    public DateTimeOffset? ClosedAt { get; init; }
    public string? TraceParent { get; init; }

    public Incident ToIncident()
    {
        var severity = Enum.Parse<Severity>(Severity, ignoreCase: true);
        RiskClass? risk = Risk is null ? null : RiskClassNames.Parse(Risk);
        return new Incident
        {
            Id = Id,
            TargetId = TargetId,
            TargetName = TargetName,
            Fingerprint = Fingerprint,
            Kind = KindOf(severity, risk),
            Severity = severity,
            Check = CheckName,
            Object = new RelationName(ObjectOid, Object),
            Detail = Detail,
            Evidence = Evidence,
            Repair = Repair,
            Risk = risk,
            State = Enum.Parse<IncidentState>(State),
            Attempts = Attempts,
            AttemptsAllowed = AttemptsAllowed,
            Deferrals = Deferrals,
            DeferredSince = DeferredSince,
            Reason = Reason,
            ApprovedBy = ApprovedBy,
            ApprovedRows = ApprovedRows,
            ApprovedPlan = ApprovedPlan,
            DueAt = DueAt,
            OpenedAt = OpenedAt,
            LastSeenAt = LastSeenAt,
            ClosedAt = ClosedAt,
            TraceParent = TraceParent,
        };
    }

    // a newer program may share this ledger and know kinds that this one does not
    private FindingKind KindOf(Severity severity, RiskClass? risk) =>
        FindingKind.All.FirstOrDefault(k => string.Equals(k.Name, Kind, StringComparison.Ordinal))
        ?? new FindingKind(Kind, severity, Repair, risk, "A kind of damage that a newer version of this program knows.");
}
