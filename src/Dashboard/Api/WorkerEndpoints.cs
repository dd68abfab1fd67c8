using HealingWorkers.Dashboard.Fleet;
using HealingWorkers.Dashboard.Http;
using HealingWorkers.Jobs.Ledger;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace HealingWorkers.Dashboard.Api;

/// <summary>The processes of the fleet, and which of them take nothing new.</summary>
internal static class WorkerEndpoints
{
    public static void Map(IEndpointRouteBuilder api, DashboardParts parts)
    {
        var (book, drains) = (new WorkerBook(parts), new Drains(parts.Ledger));
        api.MapGet("/workers", async (CancellationToken cancel, bool all = false) => TypedResults.Json(await book.ListAsync(all, cancel)))
            .WithSummary("Worker processes that were heard of within a minute; with all, those too that went within a day").Produces<IReadOnlyList<WorkerView>>();
        api.MapGet("/workers/{id}", async (string id, CancellationToken cancel) => await book.FindAsync(id, cancel) is { } one ? TypedResults.Json(one) : (IResult)Unknown(id))
            .WithSummary("One worker process").Produces<WorkerView>().ProducesProblem(StatusCodes.Status404NotFound).Example("id", "here:1");
        Change("drain", "Has it finish what it has in hand and take nothing new; of a whole host it outlives the processes", async (worker, scope, actor, why, cancel) =>
        {
            await drains.DrainAsync(scope, Name(worker, scope), actor, why, cancel);
            return null;
        });
        Change("resume", "Has it take work again", async (worker, scope, actor, why, cancel) =>
            await drains.ResumeAsync(scope, Name(worker, scope), actor, why, cancel) ? null
                : Problems.Of(StatusCodes.Status409Conflict, "not_drained", $"{(scope == DrainScope.Host ? "host" : "worker")} {Name(worker, scope)} was not drained", "GET /api/v1/workers shows what is, and whether by its host"));

        void Change(string verb, string summary, Func<WorkerView, DrainScope, string, string, CancellationToken, Task<ProblemHttpResult?>> change) =>
            api.MapPost($"/workers/{{id}}/{verb}", async (string id, DrainOrder body, HttpContext http, CancellationToken cancel) =>
            {
                if (Words.Refuse(http, body.Reason, body.Actor, out var actor) is { } refused)
                    return refused;
                if (await book.FindAsync(id, cancel) is not { } worker)
                    return Unknown(id);
                if (await change(worker, body.Scope ?? DrainScope.Worker, actor, body.Reason!, cancel) is { } problem)
                    return problem;
                await parts.Jobs.WakeAsync(cancel);
                return (IResult)TypedResults.Json(await book.FindAsync(id, cancel));
            })
            .WithSummary(summary).Produces<WorkerView>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict)
            .Example("id", verb == "resume" ? "here:2" : "here:1").Example(new DrainOrder(DrainScope.Worker, "its machine gets more memory", "anna"));
    }

    private static string Name(WorkerView worker, DrainScope scope) => scope == DrainScope.Host ? worker.Host : worker.Id;

    private static ProblemHttpResult Unknown(string id) =>
        Problems.Of(StatusCodes.Status404NotFound, "worker_unknown", $"there is no worker {id}", "GET /api/v1/workers?all=true lists them");
}

/// <param name="Scope">This process alone (without one), or every process of its host, those to come included.</param>
public sealed record DrainOrder(DrainScope? Scope, string? Reason, string? Actor);
