using System.Text.Json;
using HealingWorkers.Dashboard.Fleet;
using HealingWorkers.Dashboard.Http;
using HealingWorkers.Jobs.Ledger;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace HealingWorkers.Dashboard.Api;

/// <summary>Who did what, and whether the chains of receipts and of these entries hold.</summary>
internal static class AuditEndpoints
{
    public static void Map(IEndpointRouteBuilder api, DashboardParts parts)
    {
        var chain = new ChainWatch(parts);
        api.MapGet("/audit", ([AsParameters] AuditQuery query, CancellationToken cancel, long? before = null, int limit = 50) => ListAsync(parts, query, before, limit, cancel))
            .WithSummary("Who did what, the newest first").Produces<Page<AuditShape>>().ProducesProblem(StatusCodes.Status400BadRequest);
        api.MapGet("/audit/chain", async (CancellationToken cancel) => TypedResults.Json(await chain.NowAsync(cancel)))
            .WithSummary("Walks the whole chains of receipts and of the audit log and says whether every link holds").Produces<ChainShape>();
    }

    private static async Task<IResult> ListAsync(DashboardParts parts, AuditQuery query, long? before, int limit, CancellationToken cancel)
    {
        if (Words.RefuseLimit(limit) is { } refused)
            return refused;
        var rows = await new AuditLog(parts.Ledger).ListAsync(query.Filter() with { Before = before, Limit = limit + 1 }, cancel);
        return TypedResults.Json(Page.Of(rows, limit, AuditShape.Of, r => r.Id));
    }
}

/// <param name="Incident">What was done about one incident.</param>
/// <param name="Event">incident.opened, job.retried, worker.drained...</param>
public sealed record AuditQuery(long? Incident, string? Actor, string? Event, string? Target, DateTimeOffset? Since, DateTimeOffset? Until)
{
    internal AuditFilter Filter() => new() { Incident = Incident, Actor = Actor, Event = Event, Target = Target, Since = Since, Until = Until };
}
