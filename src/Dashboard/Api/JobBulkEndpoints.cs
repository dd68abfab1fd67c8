using HealingWorkers.Dashboard.Http;
using HealingWorkers.Jobs.Schedule;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace HealingWorkers.Dashboard.Api;

/// <summary>The same with all runs that match, once their count is confirmed.</summary>
internal static class JobBulkEndpoints
{
    public static void Map(IEndpointRouteBuilder api, DashboardParts parts)
    {
        api.MapGet("/jobs/count", async ([AsParameters] JobQuery query, CancellationToken cancel) => query.Refuse() ?? (IResult)TypedResults.Json(new RunCounts(
                await parts.Jobs.Orders.CountAsync(JobVerb.Retry, query.Filter(), cancel), await parts.Jobs.Orders.CountAsync(JobVerb.Cancel, query.Filter(), cancel), JobOrders.Most)))
            .WithSummary("How many of the matching runs have ended, and how many can still be cancelled; counted up to one above the most that can be changed at once")
            .Produces<RunCounts>().ProducesProblem(StatusCodes.Status400BadRequest);
        foreach (var verb in Enum.GetValues<JobVerb>())
            api.MapPost($"/jobs/{verb.ToString().ToLowerInvariant()}", (JobOrder body, HttpContext http, CancellationToken cancel) => DoAsync(parts, http, verb, body, cancel))
                .WithSummary(verb switch { JobVerb.Retry => "Asks again for all ended runs that match", JobVerb.Cancel => "Cancels all runs that match and wait or run", _ => "Removes all ended runs that match from the history" })
                .Produces<JobsDone>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status409Conflict)
                .Example(new JobOrder(new(null, "movies", verb == JobVerb.Cancel ? "pending" : "failed", null, null, null, null), 1, "tidying up", "anna"));
    }

    private static async Task<IResult> DoAsync(DashboardParts parts, HttpContext http, JobVerb verb, JobOrder body, CancellationToken cancel)
    {
        if ((Words.Refuse(http, body.Reason, body.Actor, out var actor) ?? body.Matching?.Refuse()) is { } refused)
            return refused;
        var filter = (body.Matching ?? new(null, null, null, null, null, null, null)).Filter();
        return body.Count is not { } counted
            ? Problems.Unconfirmed(await parts.Jobs.Orders.CountAsync(verb, filter, cancel))
            : TypedResults.Json(await parts.Jobs.Orders.DoAllAsync(verb, filter, counted, actor, body.Reason!, cancel));
    }
}

/// <param name="Matching">Which runs; all without.</param>
/// <param name="Count">As many as are meant: where as many do not match, nothing is done.</param>
public sealed record JobOrder(JobQuery? Matching, int? Count, string? Reason, string? Actor);

/// <param name="Ended">Those that can be retried or deleted.</param>
/// <param name="Most">So many can be changed at once.</param>
public sealed record RunCounts(int Ended, int Active, int Most);
