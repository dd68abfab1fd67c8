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
        api.MapGet("/incidents", (CancellationToken cancel, string? target, string? state, string? kind, bool open = false, long? before = null, int limit = 50) =>
            ListAsync(incidents, target, state, kind, open, before, limit, cancel))
            .WithSummary("Incidents, the newest first").Produces<Page<IncidentShape>>().ProducesProblem(StatusCodes.Status400BadRequest);
        api.MapGet("/incidents/{id:long}", (long id, CancellationToken cancel) => OneAsync(incidents, id, cancel))
            .WithSummary("One incident with its evidence and its attempts").Produces<IncidentDetails>().ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<IResult> ListAsync(IncidentLedger incidents, string? target, string? state, string? kind, bool open, long? before, int limit, CancellationToken cancel)
    {
        if (Words.RefuseLimit(limit) is { } refused)
            return refused;
        IncidentState? wanted = null;
        if (state is not null)
        {
            if (!Enum.GetNames<IncidentState>().Contains(state, StringComparer.OrdinalIgnoreCase))
                return Problems.Invalid($"there is no state {state}", $"there are: {string.Join(", ", Enum.GetNames<IncidentState>())}");
            wanted = Enum.Parse<IncidentState>(state, ignoreCase: true);
        }
        var rows = await incidents.ListAsync(new IncidentFilter { Target = target, State = wanted, Kind = kind, OpenOnly = open, Before = before, Limit = limit + 1 }, cancel);
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
