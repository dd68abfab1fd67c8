using System.Text.Json;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;

namespace HealingWorkers.Dashboard.Api;

/// <param name="NextBefore">Given as `before`, it brings the next page; null at the end.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, long? NextBefore);

internal static class Page
{
    /// <param name="rows">One more than the page holds, where there is more.</param>
    public static Page<T> Of<TRow, T>(IReadOnlyList<TRow> rows, int limit, Func<TRow, T> shape, Func<TRow, long> key) =>
        new([.. rows.Take(limit).Select(shape)], rows.Count > limit ? key(rows[limit - 1]) : null);
}

/// <summary>Why and who: what every change must say.</summary>
public sealed record Decision(string? Reason, string? Actor);

/// <param name="Until">When it comes back by itself; never without.</param>
public sealed record Suppression(string? Reason, string? Actor, DateTimeOffset? Until);

/// <param name="Target">All of them without one.</param>
public sealed record Trigger(string? Job, string? Target, string? Table, string? Reason, string? Actor);

/// <param name="Target">Everything without one.</param>
public sealed record Brake(string? Target, string? Reason, string? Actor);

public sealed record IncidentShape(
    long Id, string Target, string Kind, Severity Severity, string Check, string Object, string Detail, string? Repair, string? Risk, string State,
    int Attempts, int AttemptsAllowed, int Deferrals, string? Reason, string? ApprovedBy,
    DateTimeOffset OpenedAt, DateTimeOffset LastSeenAt, DateTimeOffset? DueAt, DateTimeOffset? ClosedAt)
{
    public static IncidentShape Of(Incident i) => new(
        i.Id, i.TargetName, i.Kind.Name, i.Severity, i.Check, i.Object.Quoted, i.Detail, i.Repair, i.Risk?.Name(), i.State.ToString(),
        i.Attempts, i.AttemptsAllowed, i.Deferrals, i.Reason, i.ApprovedBy, i.OpenedAt, i.LastSeenAt, i.DueAt, i.ClosedAt);
}

public sealed record AttemptShape(
    int Number, string Worker, DateTimeOffset StartedAt, DateTimeOffset? EndedAt, string? Outcome, string? Repair, JsonElement? Plan, JsonElement? Statements, string? Verification, string? Error)
{
    public static AttemptShape Of(AttemptRow a) => new(a.Number, a.Worker, a.StartedAt, a.EndedAt, a.Outcome, a.Repair, Json(a.Plan), Json(a.Statements), a.Verification, a.Error);

    private static JsonElement? Json(string? text) => text is null ? null : JsonElement.Parse(text);
}

public sealed record IncidentDetails(IncidentShape Incident, JsonElement Evidence, IReadOnlyList<AttemptShape> Attempts);

public sealed record RunShape(
    long Id, string Job, string? Target, string State, string RequestedBy, DateTimeOffset CreatedAt, DateTimeOffset DueAt, DateTimeOffset? StartedAt,
    DateTimeOffset? EndedAt, string? Worker, int Executions, int Deferrals, string? Note, string? Error)
{
    public static RunShape Of(Jobs.Schedule.JobRun r) => new(
        r.Id, r.Job, r.Target, r.State, r.RequestedBy, r.CreatedAt, r.DueAt, r.StartedAt, r.EndedAt, r.Worker, r.Executions, r.Deferrals, r.Note, r.Error);
}

/// <param name="Incident">Whose repair or undo it is.</param>
public sealed record RunDetails(RunShape Run, string Key, JsonElement Arguments, long? Incident, string? Schedule, DateTimeOffset? Slot, string? Log)
{
    public static RunDetails Of(Jobs.Schedule.JobRun r)
    {
        var arguments = JsonElement.Parse(r.Arguments);
        return new(RunShape.Of(r), r.Key, arguments, arguments.TryGetProperty("incident", out var id) && id.TryGetInt64(out var incident) ? incident : null, r.RecurringId, r.Slot, r.Log);
    }
}

public sealed record AuditShape(long Id, DateTimeOffset At, string EventType, string Severity, string Message, JsonElement Metadata, string Actor, long? IncidentId)
{
    public static AuditShape Of(Jobs.Ledger.AuditRow r) => new(r.Id, r.At, r.EventType, r.Severity, r.Message, JsonElement.Parse(r.Metadata), r.Actor, r.IncidentId);
}

/// <param name="Runs">What was asked for now; a target whose job waits or runs already adds none.</param>
public sealed record Triggered(IReadOnlyList<RunShape> Runs, IReadOnlyList<string> AlreadyThere);

public sealed record Braked(string? Target, bool Paused);
