using System.Text;
using HealingWorkers.Dashboard.Access;
using HealingWorkers.Dashboard.Http;
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
            if (Visitor.Of(context).Targets is not { } targets)
            {
                await page.WriteAsync(context.Response.Body, cancel);
                return;
            }
            using var whole = new MemoryStream();
            await page.WriteAsync(whole, cancel);
            await context.Response.WriteAsync(TargetLines.Of(Encoding.UTF8.GetString(whole.GetBuffer().AsSpan(0, (int)whole.Length)), targets), cancel);
        }).WithSummary("Metrics in Prometheus' text format").Produces<string>(StatusCodes.Status200OK, "text/plain").WithMetadata(new ForMetrics());
    }

    internal sealed record Alive(string Status);
}
