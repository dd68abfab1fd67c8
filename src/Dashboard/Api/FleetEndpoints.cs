using System.Text.Json;
using Dapper;
using HealingWorkers.Dashboard.Http;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Schedule;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace HealingWorkers.Dashboard.Api;

/// <summary>Jobs, workers, targets, schedules and the audit log, to be read.</summary>
internal static class FleetEndpoints
{
    /// <summary>A worker beats every few seconds; one silent for this long is not listed.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromMinutes(1);
    private static readonly string[] States = ["pending", "running", "succeeded", "failed", "cancelled"];

    public static void Map(IEndpointRouteBuilder api, DashboardParts parts)
    {
        api.MapGet("/jobs", (CancellationToken cancel, string? job, string? target, string? state, long? before = null, int limit = 50) =>
            JobsAsync(parts, job, target, state, before, limit, cancel))
            .WithSummary("Runs of jobs, the newest first").Produces<Page<RunShape>>().ProducesProblem(StatusCodes.Status400BadRequest);
        api.MapGet("/workers", async (CancellationToken cancel) => TypedResults.Json(
            (await new WorkerRegistry(parts.Ledger).AliveAsync(Silence, cancel)).Select(w => new WorkerShape(w.Id, w.Host, w.Pid, w.Version, w.Engine, w.StartedAt, w.HeartbeatAt))))
            .WithSummary("Worker processes that were heard of within a minute").Produces<IEnumerable<WorkerShape>>();
        api.MapGet("/targets", (CancellationToken cancel) => TargetsAsync(parts, cancel))
            .WithSummary("The configured targets and what is known of them").Produces<IEnumerable<TargetShape>>();
        api.MapGet("/schedules", async (CancellationToken cancel) => TypedResults.Json(
            (await parts.Jobs.SchedulesAsync(cancel)).Select(s => new ScheduleShape(s.Id, s.Next, s.Previous))))
            .WithSummary("The recurring jobs of the engine").Produces<IEnumerable<ScheduleShape>>();
        api.MapGet("/audit", (CancellationToken cancel, long? incident, long? before = null, int limit = 50) => AuditAsync(parts, incident, before, limit, cancel))
            .WithSummary("Who did what, the newest first").Produces<Page<AuditShape>>().ProducesProblem(StatusCodes.Status400BadRequest);
    }

    private static async Task<IResult> JobsAsync(DashboardParts parts, string? job, string? target, string? state, long? before, int limit, CancellationToken cancel)
    {
        if (Words.RefuseLimit(limit) is { } refused)
            return refused;
        if (state is not null && !States.Contains(state, StringComparer.Ordinal))
            return Problems.Invalid($"there is no state {state}", $"there are: {string.Join(", ", States)}");
        var rows = await new JobLedger(parts.Ledger).HistoryAsync(new JobRunFilter { Job = job, Target = target, State = state, Before = before, Limit = limit + 1 }, cancel);
        return TypedResults.Json(Page.Of(rows, limit, RunShape.Of, r => r.Id));
    }

    private static async Task<IResult> AuditAsync(DashboardParts parts, long? incident, long? before, int limit, CancellationToken cancel)
    {
        if (Words.RefuseLimit(limit) is { } refused)
            return refused;
        var rows = await new AuditLog(parts.Ledger).ListAsync(incident, before, limit + 1, cancel);
        return TypedResults.Json(Page.Of(rows, limit,
            r => new AuditShape(r.Id, r.At, r.EventType, r.Severity, r.Message, JsonElement.Parse(r.Metadata), r.Actor, r.IncidentId), r => r.Id));
    }

    private static async Task<IResult> TargetsAsync(DashboardParts parts, CancellationToken cancel)
    {
        var rows = await parts.Ledger.ReadAsync(c => c.QueryAsync<KnownTarget>(new CommandDefinition(Sql.Of<KnownTarget>("targets"), cancellationToken: cancel)), cancel);
        var known = rows.ToDictionary(r => r.Name, StringComparer.Ordinal);
        var paused = await new Pauses(parts.Ledger).ListAsync(cancel);
        return TypedResults.Json(parts.Options.Targets.Select(target =>
        {
            var row = known.GetValueOrDefault(target.Name);
            var observes = parts.Options.Mode == HealingMode.Observe || target.Mode == HealingMode.Observe;
            return new TargetShape(target.Name, observes ? "observe" : "heal", paused.Any(p => p.TargetId is null || p.TargetId == row?.Id),
                row?.Database, row?.ServerVersion, row?.FirstSeenAt, row?.LastSeenAt, row?.OpenIncidents ?? 0);
        }));
    }
}
