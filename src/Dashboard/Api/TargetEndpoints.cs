using HealingWorkers.Dashboard.Fleet;
using HealingWorkers.Dashboard.Http;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Targets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace HealingWorkers.Dashboard.Api;

/// <summary>What is watched, how it was at the last look, and what its roles lack.</summary>
internal static class TargetEndpoints
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    public static void Map(IEndpointRouteBuilder api, DashboardParts parts)
    {
        var book = new TargetBook(parts);
        api.MapGet("/targets", async (HttpContext http, CancellationToken cancel) =>
                TypedResults.Json<IReadOnlyList<TargetView>>([.. (await book.ListAsync(cancel)).Where(t => Visitor.Of(http).Sees(t.Name))]))
            .WithSummary("The configured targets and what is known of them").Produces<IReadOnlyList<TargetView>>();
        api.MapGet("/targets/{name}", async (string name, CancellationToken cancel) => await book.FindAsync(name, cancel) is { } one ? TypedResults.Json(one) : (IResult)Unknown(parts, name))
            .WithSummary("One target with the last check of each of its relations").Produces<TargetDetails>().ProducesProblem(StatusCodes.Status404NotFound).Example("name", "movies");
        api.MapGet("/targets/{name}/standbys", async (string name, CancellationToken cancel) => await book.StandbysAsync(name, cancel) is { } standbys ? TypedResults.Json(standbys) : (IResult)Unknown(parts, name))
            .WithSummary("The configured standbys as the last health check saw them, and the promotions there were").Produces<TargetStandbys>().ProducesProblem(StatusCodes.Status404NotFound).Example("name", "movies");
        api.MapGet("/targets/{name}/rights", (string name, CancellationToken cancel) => RightsAsync(parts, name, cancel))
            .WithSummary("Asks the target now what the roles of its connections lack, for which checks and repairs, and what grants it").Produces<IReadOnlyList<RightLacking>>()
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict).Example("name", "movies");
    }

    private static async Task<IResult> RightsAsync(DashboardParts parts, string name, CancellationToken cancel)
    {
        if (parts.Targets.Find(name) is not { } target)
            return Unknown(parts, name);
        try
        {
            return TypedResults.Json(await TargetTalk.AskAsync(name, Limit, limit => TargetRights.LackingAsync(target, limit).WaitAsync(limit), cancel));
        }
        catch (HealingException e)
        {
            return Problems.Of(StatusCodes.Status409Conflict, "target_unreachable", Redactor.Text(e.Message), Redactor.Text(e.Hint));
        }
    }

    private static Microsoft.AspNetCore.Http.HttpResults.ProblemHttpResult Unknown(DashboardParts parts, string name) => Problems.NoTarget(name, parts.Options.Targets.Select(t => t.Name));
}
