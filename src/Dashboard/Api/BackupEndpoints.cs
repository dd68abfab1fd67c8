using HealingWorkers.Dashboard.Fleet;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace HealingWorkers.Dashboard.Api;

/// <summary>Backups and whether a restore has proven them; one is asked for by the job db.backup.</summary>
internal static class BackupEndpoints
{
    private const int Most = 500;

    public static void Map(IEndpointRouteBuilder api, DashboardParts parts)
    {
        var book = new BackupBook(parts.Ledger);
        api.MapGet("/backups", async (string? target, bool? removed, CancellationToken cancel) => TypedResults.Json(await book.ListAsync(target, removed ?? false, Most, cancel)))
            .WithSummary("Backups, the newest first; of a target: those that serve it").Produces<IReadOnlyList<BackupShape>>();
    }
}
