using HealingWorkers.Dashboard.Http;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Schedule;
using HealingWorkers.Jobs.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace HealingWorkers.Dashboard.Api;

/// <summary>Orders to the fleet: run a job now, hold all repairs, let them go on.</summary>
internal static class OrderEndpoints
{
    public static void Map(IEndpointRouteBuilder api, DashboardParts parts)
    {
        api.MapPost("/trigger", (Trigger body, HttpContext http, CancellationToken cancel) => TriggerAsync(parts, http, body, cancel))
            .WithSummary("Asks for a run of a job now, for one target or for all").Produces<Triggered>(StatusCodes.Status202Accepted).Example(new Trigger("db.index_check", "movies", "public.movies", "curious", "anna"))
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
        Brake("/pause", "Holds all repairs of a target, or of everything", pause: true);
        Brake("/resume", "Lets repairs go on", pause: false);

        void Brake(string path, string summary, bool pause) => api.MapPost(path, (Brake body, HttpContext http, CancellationToken cancel) => BrakeAsync(parts, http, body, pause, cancel))
            .WithSummary(summary).Example(new Brake(pause ? "movies" : null, "a release is under way", "anna")).Produces<Braked>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
    }

    private static async Task<IResult> TriggerAsync(DashboardParts parts, HttpContext http, Trigger body, CancellationToken cancel)
    {
        if (Words.Refuse(http, body.Reason, body.Actor, out var actor) is { } refused)
            return refused;
        if (!JobNames.Recurring.Contains(body.Job, StringComparer.Ordinal))
            return Problems.Invalid($"there is no job {body.Job ?? "(none given)"}", $"there are: {string.Join(", ", JobNames.Recurring)}");
        if (body.Table is not null && (body.Target is null || body.Job != JobNames.IndexCheck))
            return Problems.Invalid("table goes with db.index_check of one target", "leave table out, or name target as well");
        var names = parts.Options.Targets.Select(t => t.Name).ToList();
        if (body.Target is not null && !names.Contains(body.Target, StringComparer.Ordinal))
            return Problems.NoTarget(body.Target, names);
        using var span = TraceParent.Start("trigger " + body.Job, null);
        var audit = new AuditLog(parts.Ledger);
        var (runs, there) = (new List<RunShape>(), new List<string>());
        foreach (var target in body.Target is null ? names : [body.Target])
        {
            if (await parts.Jobs.TriggerAsync(new JobTrigger(body.Job!, target, body.Table, actor), cancel) is { } run)
            {
                runs.Add(RunShape.Of(run));
                await audit.WriteAsync(new AuditEntry("job.triggered", "info", $"{run.Key} triggered: {body.Reason}", actor), cancel);
            }
            else
                there.Add(target);
        }
        return TypedResults.Json(new Triggered(runs, there), statusCode: StatusCodes.Status202Accepted);
    }

    private static async Task<IResult> BrakeAsync(DashboardParts parts, HttpContext http, Brake body, bool pause, CancellationToken cancel)
    {
        if (Words.Refuse(http, body.Reason, body.Actor, out var actor) is { } refused)
            return refused;
        long? id = null;
        if (body.Target is not null)
        {
            var names = parts.Options.Targets.Select(t => t.Name).ToList();
            if (!names.Contains(body.Target, StringComparer.Ordinal))
                return Problems.NoTarget(body.Target, names);
            id = await new IncidentLedger(parts.Ledger).TargetNamedAsync(body.Target, cancel);
            if (id is null)
                return Problems.Of(StatusCodes.Status409Conflict, "target_never_reached", $"{body.Target} was never reached, so there is nothing to hold", "leave target out to hold everything");
        }
        var brake = new Pauses(parts.Ledger);
        if (pause)
            await brake.PauseAsync(id, actor, body.Reason!, cancel);
        else if (!await brake.ResumeAsync(id, actor, body.Reason!, cancel))
            return Problems.Of(StatusCodes.Status409Conflict, "not_paused", $"repairs of {body.Target ?? "everything"} were not paused", "GET /api/v1/targets shows what is");
        return TypedResults.Json(new Braked(body.Target, pause));
    }
}
