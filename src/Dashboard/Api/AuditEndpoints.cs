using System.Text.Json;
using HealingWorkers.Dashboard.Http;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace HealingWorkers.Dashboard.Api;

/// <summary>Who did what, and whether the chain of receipts holds.</summary>
internal static class AuditEndpoints
{
    public static void Map(IEndpointRouteBuilder api, DashboardParts parts)
    {
        api.MapGet("/audit", ([AsParameters] AuditQuery query, CancellationToken cancel, long? before = null, int limit = 50) => ListAsync(parts, query, before, limit, cancel))
            .WithSummary("Who did what, the newest first").Produces<Page<AuditShape>>().ProducesProblem(StatusCodes.Status400BadRequest);
        api.MapGet("/audit/chain", async (CancellationToken cancel) => TypedResults.Json(await ChainAsync(parts, cancel)))
            .WithSummary("Walks the whole chain of receipts and says whether every link holds").Produces<ChainShape>();
    }

    private static async Task<IResult> ListAsync(DashboardParts parts, AuditQuery query, long? before, int limit, CancellationToken cancel)
    {
        if (Words.RefuseLimit(limit) is { } refused)
            return refused;
        var rows = await new AuditLog(parts.Ledger).ListAsync(query.Filter() with { Before = before, Limit = limit + 1 }, cancel);
        return TypedResults.Json(Page.Of(rows, limit, AuditShape.Of, r => r.Id));
    }

    private static async Task<ChainShape> ChainAsync(DashboardParts parts, CancellationToken cancel)
    {
        var receipts = new ReceiptLedger(parts.Ledger);
        var head = await receipts.HeadAsync(cancel);
        var broken = await receipts.VerifyAsync(cancel, head);
        return new(broken is null, head?.Seq ?? 0, head?.Hash, broken?.Seq, broken?.Why, parts.Clock.GetUtcNow());
    }
}

/// <param name="Incident">What was done about one incident.</param>
/// <param name="Event">incident.opened, job.retried, worker.drained...</param>
public sealed record AuditQuery(long? Incident, string? Actor, string? Event, string? Target, DateTimeOffset? Since, DateTimeOffset? Until)
{
    internal AuditFilter Filter() => new() { Incident = Incident, Actor = Actor, Event = Event, Target = Target, Since = Since, Until = Until };
}

/// <param name="Receipts">How long the chain is.</param>
/// <param name="Head">The hash of its newest link, as alerts and logs bear it.</param>
/// <param name="BrokenAt">The first receipt that does not hold.</param>
public sealed record ChainShape(bool Holds, long Receipts, string? Head, long? BrokenAt, string? Why, DateTimeOffset VerifiedAt);
