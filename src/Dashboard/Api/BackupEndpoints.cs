using HealingWorkers.Dashboard.Fleet;
using HealingWorkers.Dashboard.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace HealingWorkers.Dashboard.Api;

/// <summary>Backups and whether a restore has proven them; one is asked for by the job db.backup.</summary>
internal static class BackupEndpoints
{
    public static void Map(IEndpointRouteBuilder api, DashboardParts parts)
    {
        var book = new BackupBook(parts.Ledger);
        api.MapGet("/backups", async (string? target, bool? removed, CancellationToken cancel, long? before = null, int limit = 50) => Words.RefuseLimit(limit) is { } refused ? refused
                : (IResult)TypedResults.Json(Page.Of(await book.ListAsync(target, removed ?? false, limit + 1, cancel, before), limit, b => b, b => b.Id)))
            .WithSummary("Backups, the newest first; of a target: those that serve it").Produces<Page<BackupShape>>().ProducesProblem(StatusCodes.Status400BadRequest);
    }
}
