using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;

namespace HealingWorkers.Worker.Commands;

/// <summary>An incident as the command line writes it in JSON.</summary>
internal sealed record IncidentView(
    long Id, string Target, string Kind, string Object, string Severity, string State, int Attempts, int AttemptsAllowed, string? Repair, string? Risk,
    string Detail, string? Reason, string? ApprovedBy, DateTimeOffset OpenedAt, DateTimeOffset LastSeenAt, DateTimeOffset? DueAt, DateTimeOffset? ClosedAt)
{
    public static IncidentView Of(Incident i) => new(i.Id, i.TargetName, i.Kind.Name, i.Object.Quoted, i.Severity.ToString().ToLowerInvariant(), i.State.ToString(),
        i.Attempts, i.AttemptsAllowed, i.Repair, i.Risk?.Name(), i.Detail, i.Reason, i.ApprovedBy, i.OpenedAt, i.LastSeenAt, i.DueAt, i.ClosedAt);
}
