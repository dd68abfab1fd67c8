using HealingWorkers.Dashboard.Http;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace HealingWorkers.Dashboard.Api;

/// <summary>What a person decides about an incident; named, reasoned and audited.</summary>
internal static class DecisionEndpoints
{
    public static void Map(IEndpointRouteBuilder api, DashboardParts parts)
    {
        var incidents = new IncidentLedger(parts.Ledger);
        var decide = new IncidentDecisions(incidents, parts.Options.AutoHealing.MaxAutoRepairAttempts);
        Map("reopen", "Takes up again what was given up or suppressed, with fresh attempts", decide.ReopenAsync);
        Map("close", "Closes it without a repair", decide.CloseAsync);
        Map("refuse", "Says no to the plan that waits for approval: a person takes over", decide.RefuseAsync, "2");
        Map("escalate", "Takes it from the workers: a person takes over", decide.EscalateAsync, "1");
        Describe(api.MapPost("/incidents/{id:long}/suppress", (long id, Suppression body, HttpContext http, CancellationToken cancel) =>
            DecideAsync(http, "suppress", id, body.Reason, body.Actor, (actor, why) => decide.SuppressAsync(id, actor, why, body.Until, cancel), cancel)), "Leaves it alone until a date, or until it is reopened",
            "1", new Suppression("by design until the release", "anna", new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero)));

        void Map(string verb, string summary, Func<long, string, string, CancellationToken, Task<Incident>> decision, string example = "3") =>
            Describe(api.MapPost($"/incidents/{{id:long}}/{verb}", (long id, Decision body, HttpContext http, CancellationToken cancel) =>
                DecideAsync(http, verb, id, body.Reason, body.Actor, (actor, why) => decision(id, actor, why, cancel), cancel)), summary, example, new Decision("looked at it", "anna"));

        async Task<IResult> DecideAsync(HttpContext http, string verb, long id, string? reason, string? said, Func<string, string, Task<Incident>> decision, CancellationToken cancel)
        {
            if (Words.Refuse(http, reason, said, out var actor) is { } refused)
                return refused;
            if (await incidents.FindAsync(id, cancel) is not { } known)
                return Problems.NoIncident(id);
            using var span = TraceParent.Start("incident " + verb, known.TraceParent);
            var decided = await decision(actor, reason!);
            await parts.Jobs.TakeUpAsync(decided, actor, cancel);
            return TypedResults.Json(IncidentShape.Of(decided));
        }
    }

    private static void Describe(RouteHandlerBuilder route, string summary, string example, object body) => route
        .Example("id", example)
        .Example(body)
        .WithSummary(summary)
        .Produces<IncidentShape>()
        .ProducesProblem(StatusCodes.Status400BadRequest)
        .ProducesProblem(StatusCodes.Status404NotFound)
        .ProducesProblem(StatusCodes.Status409Conflict);
}
