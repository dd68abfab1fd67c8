using HealingWorkers.Dashboard.Fleet;
using HealingWorkers.Dashboard.Http;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Repairs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace HealingWorkers.Dashboard.Api;

/// <summary>What repairs took away. It is brought back by the undo of its incident, all of it or single rows.</summary>
internal static class QuarantineEndpoints
{
    public static void Map(IEndpointRouteBuilder api, DashboardParts parts)
    {
        var (book, incidents) = (new QuarantineBook(parts), new IncidentLedger(parts.Ledger));
        api.MapGet("/quarantine", async (CancellationToken cancel, string? target, long? before = null, int limit = 50) => Words.RefuseLimit(limit) is { } refused ? refused
                : (IResult)TypedResults.Json(Page.Of(await book.ListAsync(target, before, limit + 1, cancel), limit, q => q, q => q.Incident)))
            .WithSummary("Incidents whose repairs took rows, the newest first").Produces<Page<QuarantinedIncident>>().ProducesProblem(StatusCodes.Status400BadRequest);
        api.MapGet("/quarantine/{id:long}/rows", async (long id, string? after, CancellationToken cancel, int limit = 50) =>
            {
                if (Words.RefuseLimit(limit) is { } refused)
                    return refused;
                KeptPlace? place = null;
                if (after is not null && (place = KeptPlace.Parse(after)) is null)
                    return Problems.Invalid($"`{after}` is no place in a quarantine", "leave it out, or give next_after of the page before");
                if (await incidents.FindAsync(id, cancel) is not { } incident)
                    return Problems.NoIncident(id);
                var rows = await book.RowsAsync(incident, place, limit + 1, cancel);
                return (IResult)TypedResults.Json(new KeptPage([.. rows.Take(limit)], rows.Count > limit ? rows[limit - 1].Name : null));
            })
            .WithSummary("The rows that the repairs of one incident took, as its target keeps them").Produces<KeptPage>()
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict).Example("id", "4");
    }
}

/// <param name="NextAfter">Given as `after`, it brings the next page; null at the end.</param>
public sealed record KeptPage(IReadOnlyList<KeptRow> Items, string? NextAfter);
