using System.Text.Json;
using HealingWorkers.Dashboard.Http;
using HealingWorkers.Jobs.Incidents;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace HealingWorkers.Dashboard.Api;

/// <summary>Incidents, a page at a time and one by one.</summary>
internal static class IncidentEndpoints
{
    public static void Map(IEndpointRouteBuilder api, DashboardParts parts)
    {
        var incidents = new IncidentLedger(parts.Ledger);
        api.MapGet("/incidents", ([AsParameters] IncidentQuery query, CancellationToken cancel, long? before = null, int limit = 50) => ListAsync(incidents, query, before, limit, cancel))
            .WithSummary("Incidents, the newest first").Produces<Page<IncidentShape>>().ProducesProblem(StatusCodes.Status400BadRequest);
        api.MapGet("/incidents/{id:long}", (long id, CancellationToken cancel) => OneAsync(incidents, id, cancel))
            .WithSummary("One incident with its evidence and its attempts").Produces<IncidentDetails>().ProducesProblem(StatusCodes.Status404NotFound).Example("id", "1");
    }

    private static async Task<IResult> ListAsync(IncidentLedger incidents, IncidentQuery query, long? before, int limit, CancellationToken cancel)
    {
        if (Words.RefuseLimit(limit) is { } refused)
            return refused;
        if (query.Refuse(out var filter) is { } wrong)
            return wrong;
        var rows = await incidents.ListAsync(filter with { Before = before, Limit = limit + 1 }, cancel);
        return TypedResults.Json(Page.Of(rows, limit, IncidentShape.Of, i => i.Id));
    }

    private static async Task<IResult> OneAsync(IncidentLedger incidents, long id, CancellationToken cancel)
    {
        if (await incidents.FindAsync(id, cancel) is not { } incident)
            return Problems.NoIncident(id);
        var attempts = await incidents.AttemptsAsync(id, cancel);
        return TypedResults.Json(new IncidentDetails(IncidentShape.Of(incident), JsonElement.Parse(incident.Evidence), [.. attempts.Select(AttemptShape.Of)]));
    }
}
