using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.DependencyInjection;

namespace HealingWorkers.Dashboard.Pages.Serving;

/// <summary>A problem as a page, for a person who came with a browser.</summary>
internal sealed class ProblemPage(PageAnswer answer, TimeProvider clock)
{
    public static bool IsWanted(HttpContext context) =>
        !context.Request.Path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase) && context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);

    public async Task WriteAsync(HttpContext context, ProblemDetails problem)
    {
        // Left by the page that did not come to its end; the renderer does not set it twice.
        context.Response.Headers.Remove("blazor-enhanced-nav");
        var status = problem.Status ?? StatusCodes.Status500InternalServerError;
        var page = await RenderAsync(context, new RazorComponentResult<ProblemDocument>(new { Title = Title(status), What = problem.Detail ?? "", Hint = $"{problem.Extensions["hint"]}" }) { StatusCode = status });
        await answer.WriteAsync(context, page, stale: false);
    }

    private static string Title(int status) => status switch
    {
        StatusCodes.Status403Forbidden => "Not allowed",
        StatusCodes.Status404NotFound => "Not found",
        StatusCodes.Status503ServiceUnavailable => "Not available now",
        _ => "This did not work",
    };

    private async Task<RenderedPage> RenderAsync(HttpContext context, IResult page)
    {
        var body = context.Response.Body;
        using var rendered = new MemoryStream();
        context.Response.Body = rendered;
        // The page that did not come to its end has used up the renderer of this request.
        var services = context.RequestServices;
        await using var fresh = services.GetRequiredService<IServiceScopeFactory>().CreateAsyncScope();
        context.RequestServices = fresh.ServiceProvider;
        try
        {
            await page.ExecuteAsync(context);
        }
        finally
        {
            context.Response.Body = body;
            context.RequestServices = services;
        }
        return new RenderedPage(Encoding.UTF8.GetString(rendered.ToArray()), clock.GetUtcNow());
    }
}
