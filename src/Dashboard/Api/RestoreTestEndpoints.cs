using HealingWorkers.Dashboard.Fleet;
using HealingWorkers.Dashboard.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace HealingWorkers.Dashboard.Api;

/// <summary>Restores of backups and what came of them; one is asked for by the job db.restore_test.</summary>
internal static class RestoreTestEndpoints
{
    public static void Map(IEndpointRouteBuilder api, DashboardParts parts)
    {
        var book = new ProofBook(parts.Ledger);
        api.MapGet("/restore-tests", async (string? target, CancellationToken cancel, long? before = null, int limit = 50) => Words.RefuseLimit(limit) is { } refused ? refused
                : (IResult)TypedResults.Json(Page.Of(await book.ListAsync(target, limit + 1, cancel, before), limit, t => t, t => t.Id)))
            .WithSummary("Restore tests of backups, the newest first; of a target: those of its server").Produces<Page<RestoreTestShape>>().ProducesProblem(StatusCodes.Status400BadRequest);
    }
}
