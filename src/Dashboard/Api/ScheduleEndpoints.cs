using HealingWorkers.Dashboard.Fleet;
using HealingWorkers.Dashboard.Http;
using HealingWorkers.Jobs.Ledger;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace HealingWorkers.Dashboard.Api;

/// <summary>The recurring jobs: when they come, whether they rest, and one of them now.</summary>
internal static class ScheduleEndpoints
{
    private const string Known = "db.health_check:movies";

    public static void Map(IEndpointRouteBuilder api, DashboardParts parts)
    {
        var (book, pauses) = (new ScheduleBook(parts), new SchedulePauses(parts.Ledger));
        api.MapGet("/schedules", async (HttpContext http, CancellationToken cancel) =>
                TypedResults.Json<IReadOnlyList<ScheduleView>>([.. (await book.ListAsync(cancel)).Where(s => Visitor.Of(http).Sees(s.Target))]))
            .WithSummary("The recurring jobs in plain words, with their next times").Produces<IReadOnlyList<ScheduleView>>();
        api.MapGet("/schedules/{id}", async (string id, CancellationToken cancel) => await book.FindAsync(id, cancel) is { } one ? TypedResults.Json(one) : (IResult)Unknown(id))
            .WithSummary("One recurring job").Produces<ScheduleView>().ProducesProblem(StatusCodes.Status404NotFound).Example("id", Known);
        Change("pause", "Lets its times go by unheard, in every worker and after every restart", async (id, actor, why, cancel) =>
        {
            await pauses.PauseAsync(id, actor, why, cancel);
            return null;
        });
        Change("resume", "Lets it go on; a time that went by meanwhile is made up for once", async (id, actor, why, cancel) =>
            await pauses.ResumeAsync(id, actor, why, cancel) ? null : Problems.Of(StatusCodes.Status409Conflict, "not_paused", $"{id} was not paused", "GET /api/v1/schedules shows what is"));

        void Change(string verb, string summary, Func<string, string, string, CancellationToken, Task<ProblemHttpResult?>> change) =>
            api.MapPost($"/schedules/{{id}}/{verb}", async (string id, Decision body, HttpContext http, CancellationToken cancel) =>
            {
                if (Words.Refuse(http, body.Reason, body.Actor, out var actor) is { } refused)
                    return refused;
                return await book.FindAsync(id, cancel) is null ? Unknown(id)
                    : await change(id, actor, body.Reason!, cancel) ?? (IResult)TypedResults.Json(await book.FindAsync(id, cancel));
            })
            .WithSummary(summary).Produces<ScheduleView>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict)
            .Example("id", verb == "resume" ? "db.index_check:movies" : Known).Example(new Decision("a release is under way", "anna"));
    }

    private static ProblemHttpResult Unknown(string id) =>
        Problems.Of(StatusCodes.Status404NotFound, "schedule_unknown", $"there is no schedule {id}", "GET /api/v1/schedules lists them");
}
