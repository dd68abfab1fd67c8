using HealingWorkers.Dashboard.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace HealingWorkers.Dashboard.Metrics;

/// <summary>What needs no database to answer: the metrics of a process, and that it lives.</summary>
internal static class MetricsEndpoint
{
    public static void Map(IEndpointRouteBuilder routes, IMetricsPage page)
    {
        routes.MapGet("/livez", () => TypedResults.Json(new Alive("ok"))).WithSummary("This process lives; asks no database").Produces<Alive>().AllowAnonymous();
        routes.MapGet("/metrics", async (HttpContext context, CancellationToken cancel) =>
        {
            context.Response.ContentType = page.ContentType;
            await page.WriteAsync(context.Response.Body, cancel);
        }).WithSummary("Metrics in Prometheus' text format").Produces<string>(StatusCodes.Status200OK, "text/plain").WithMetadata(new ForMetrics());
    }

    internal sealed record Alive(string Status);
}
