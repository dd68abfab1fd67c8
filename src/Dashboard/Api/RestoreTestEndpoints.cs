using HealingWorkers.Dashboard.Fleet;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace HealingWorkers.Dashboard.Api;

/// <summary>Restores of backups and what came of them; one is asked for by the job db.restore_test.</summary>
internal static class RestoreTestEndpoints
{
    private const int Most = 200;

    public static void Map(IEndpointRouteBuilder api, DashboardParts parts)
    {
        var book = new ProofBook(parts.Ledger);
        api.MapGet("/restore-tests", async (string? target, CancellationToken cancel) => TypedResults.Json(await book.ListAsync(target, Most, cancel)))
            .WithSummary("Restore tests of backups, the newest first; of a target: those of its server").Produces<IReadOnlyList<RestoreTestShape>>();
    }
}
