using HealingWorkers.Dashboard.Http;
using HealingWorkers.Jobs.Schedule;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace HealingWorkers.Dashboard.Api;

/// <summary>Runs of jobs: the history of them all, one by one, and what is done with one.</summary>
internal static class JobEndpoints
{
    public static void Map(IEndpointRouteBuilder api, DashboardParts parts)
    {
        var ledger = new JobLedger(parts.Ledger);
        api.MapGet("/jobs", ([AsParameters] JobQuery query, CancellationToken cancel, long? before = null, int limit = 50) => ListAsync(ledger, query, before, limit, cancel))
            .WithSummary("Runs of jobs, the newest first").Produces<Page<RunShape>>().ProducesProblem(StatusCodes.Status400BadRequest);
        api.MapGet("/jobs/{id:long}", async (long id, CancellationToken cancel) => await ledger.FindAsync(id, cancel) is { } run ? TypedResults.Json(RunDetails.Of(run)) : (IResult)Problems.NoRun(id))
            .WithSummary("One run with its arguments, log and error").Produces<RunDetails>().ProducesProblem(StatusCodes.Status404NotFound).Example("id", "1");
        foreach (var verb in Enum.GetValues<JobVerb>())
            Describe(api.MapPost($"/jobs/{{id:long}}/{verb.ToString().ToLowerInvariant()}", (long id, Decision body, HttpContext http, CancellationToken cancel) => DoAsync(parts, ledger, http, verb, id, body, cancel)), verb);
    }

    private static async Task<IResult> ListAsync(JobLedger ledger, JobQuery query, long? before, int limit, CancellationToken cancel)
    {
        if ((Words.RefuseLimit(limit) ?? query.Refuse()) is { } refused)
            return refused;
        var rows = await ledger.HistoryAsync(query.Filter() with { Before = before, Limit = limit + 1 }, cancel);
        return TypedResults.Json(Page.Of(rows, limit, RunShape.Of, r => r.Id));
    }

    private static async Task<IResult> DoAsync(DashboardParts parts, JobLedger ledger, HttpContext http, JobVerb verb, long id, Decision body, CancellationToken cancel)
    {
        if (Words.Refuse(http, body.Reason, body.Actor, out var actor) is { } refused)
            return refused;
        return await ledger.FindAsync(id, cancel) is null ? Problems.NoRun(id)
            : TypedResults.Json(RunShape.Of(await parts.Jobs.Orders.DoAsync(verb, id, actor, body.Reason!, cancel)));
    }

    private static void Describe(RouteHandlerBuilder route, JobVerb verb) => route
        .WithSummary(verb switch
        {
            JobVerb.Retry => "Asks for the same again; the answer is the new run",
            JobVerb.Cancel => "What waits ends at once, what runs is asked to stop",
            _ => "Removes an ended run from the history",
        })
        .Produces<RunShape>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict)
        .Example("id", verb == JobVerb.Cancel ? "2" : "1").Example(new Decision("the disk was full then", "anna"));
}
