using HealingWorkers.Dashboard.Fleet;
using HealingWorkers.Dashboard.Http;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Repairs;
using HealingWorkers.Jobs.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace HealingWorkers.Dashboard.Api;

/// <summary>What a repair would do now, its approval as it was read, and the way back.</summary>
internal static class PlanEndpoints
{
    public static void Map(IEndpointRouteBuilder api, DashboardParts parts, PlanBook plans)
    {
        var incidents = new IncidentLedger(parts.Ledger);
        var decide = new IncidentDecisions(incidents, parts.Options.AutoHealing.MaxAutoRepairAttempts);
        api.MapGet("/incidents/{id:long}/plan", async (long id, CancellationToken cancel) => await incidents.FindAsync(id, cancel) is { } incident
                ? TypedResults.Json(PlanShape.Of(await plans.OfAsync(incident, cancel))) : (IResult)Problems.NoIncident(id))
            .WithSummary("Has the target say what the repair would do to it now: statements, rows, samples").Produces<PlanShape>()
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict).Example("id", "2");
        api.MapPost("/incidents/{id:long}/approve", async (long id, Approval body, HttpContext http, CancellationToken cancel) =>
            {
                if (Words.Refuse(http, body.Reason, body.Actor, out var actor) is { } refused)
                    return refused;
                if (await incidents.FindAsync(id, cancel) is not { } known)
                    return Problems.NoIncident(id);
                using var span = TraceParent.Start("incident approve", known.TraceParent);
                if (body.Plan is null && known.WaitsForApproval && (known.Risk == RiskClass.Manual || (body.Rows is null && known.Risk == RiskClass.Quarantining)))
                    return Problems.Of(StatusCodes.Status409Conflict, "plan_unread", $"{known.Repair} takes rows or may lose something: its plan has to be read first", $"GET /api/v1/incidents/{id}/plan, then send its rows and hash");
                var (rows, bound) = (body.Rows, (string?)null);
                if (body.Plan is { } read)
                {
                    var plan = await plans.OfAsync(known, cancel);
                    var now = PlanShape.Of(plan);
                    if (!string.Equals(now.Hash, read, StringComparison.Ordinal))
                        return Problems.Of(StatusCodes.Status409Conflict, "plan_changed", "the plan is another one by now than the one that was read", $"GET /api/v1/incidents/{id}/plan tells the present one");
                    rows ??= now.Rows;
                    bound = PlanHash.BindingOf(plan);
                }
                var decided = await decide.ApproveAsync(id, actor, body.Reason!, rows, bound, cancel);
                await parts.Jobs.TakeUpAsync(decided, actor, cancel);
                return (IResult)TypedResults.Json(IncidentShape.Of(decided));
            })
            .WithSummary("Approves the plan that waits for it, as it was read: more rows than these want another approval, and so does another plan where it may lose something, or asks what this one did not").Produces<IncidentShape>()
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict)
            .Example("id", "2").Example(new Approval("read it, it is right", "anna", 0, null));
        api.MapPost("/incidents/{id:long}/undo", async (long id, UndoOrder body, HttpContext http, CancellationToken cancel) =>
            {
                if (Words.Refuse(http, body.Reason, body.Actor, out var actor) is { } refused)
                    return refused;
                if (await incidents.FindAsync(id, cancel) is not { } incident)
                    return Problems.NoIncident(id);
                RowChoice? rows = null;
                if (body.Rows is { } named)
                {
                    if (named.Count == 0 || named.FirstOrDefault(r => KeptPlace.Parse(r) is null) is not null)
                        return Problems.Invalid("`rows` must name rows of the quarantine", $"each as GET /api/v1/quarantine/{id}/rows names it, like 1.1.0.3; leave `rows` out for all of them");
                    rows = new(KeptPlace.ParseAll(named), body.Again ?? false);
                }
                return await parts.Jobs.UndoAsync(incident, actor, body.Reason!, cancel, rows) is { } run ? TypedResults.Json(RunShape.Of(run), statusCode: StatusCodes.Status202Accepted)
                    : (IResult)Problems.Of(StatusCodes.Status409Conflict, "already_asked", $"that is asked of the workers already for incident {id}", "GET /api/v1/jobs?job=undo shows it");
            })
            .WithSummary("Asks a worker to bring back the rows that the repair took, all or those that are named; of what was undone already, to do the repair again").Produces<RunShape>(StatusCodes.Status202Accepted)
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict)
            .Example("id", "4").Example(new UndoOrder("these rows were right", "anna", null, null));
    }
}

/// <param name="Rows">As many as the plan had that was read; more want another approval.</param>
/// <param name="Plan">The hash of the plan that was read: where the present one differs, nothing is approved.</param>
public sealed record Approval(string? Reason, string? Actor, long? Rows, string? Plan);

/// <param name="Rows">Only these, by the names that the rows of the quarantine have; null for all of them.</param>
/// <param name="Again">With rows: those that came back are taken again.</param>
public sealed record UndoOrder(string? Reason, string? Actor, IReadOnlyList<string>? Rows, bool? Again);

/// <param name="Asks">What only a person can decide, whatever the owner declared; an approval that names the plan answers it.</param>
/// <param name="Hash">What an approval names.</param>
/// <param name="Refuse">Why it must not be done at all.</param>
/// <param name="Defer">Why it cannot be done now.</param>
/// <param name="Nothing">Why there is nothing to do.</param>
public sealed record PlanShape(string Repair, string Risk, IReadOnlyList<RepairStep> Steps, long Rows, IReadOnlyList<string> Samples, IReadOnlyList<string> Notes, string? Asks, string? Refuse, string? Defer, string? Nothing, string Hash)
{
    public static PlanShape Of(RepairPlan plan) => new(plan.Repair, plan.Risk.Name(), plan.Steps, plan.Rows, plan.Samples, plan.Notes, plan.Asks, plan.Refuse, plan.Defer, plan.Nothing, Jobs.Healing.PlanHash.Of(plan));
}
