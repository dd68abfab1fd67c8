using HealingWorkers.Dashboard.Access;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Net.Http.Headers;

namespace HealingWorkers.Dashboard.Http;

/// <summary>
/// Every change goes through here: it comes from a page of ours or from no page at all, from an operator, and as JSON,
/// which no form of elsewhere can send, or as a form that carries the token of our own page.
/// </summary>
internal static class ChangeGuard
{
    /// <summary>Hangfire's pages ask for their figures by POST, and change nothing by it.</summary>
    private const string EngineFigures = "/hangfire/stats";

    public static async Task CheckAsync(HttpContext context, RequestDelegate next)
    {
        var request = context.Request;
        var refusal = IsSafe(request.Method) ? null : Elsewhere(request) ?? Rank(context) ?? await FormAsync(context);
        await (refusal is null ? next(context) : ProblemAnswers.AnswerAsync(context, refusal));
    }

    private static bool IsSafe(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method);

    private static ProblemHttpResult? Elsewhere(HttpRequest request)
    {
        var origin = request.Headers.Origin;
        var site = request.Headers["Sec-Fetch-Site"].ToString();
        return (origin.Count > 0 && !origin.ToString().Equals($"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase)) || site is not ("" or "same-origin" or "none")
            ? Problems.Of(StatusCodes.Status403Forbidden, "origin_not_allowed", "a page of another origin may change nothing here",
                "send the request from this server's own pages, or without an Origin header; behind a proxy, http.trusted_proxy lets it say scheme and host")
            : null;
    }

    private static ProblemHttpResult? Rank(HttpContext context)
    {
        var endpoint = context.GetEndpoint();
        return endpoint is null || Visitor.Of(context).Role == Role.Operator || endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null || endpoint.Metadata.GetMetadata<OpenToViewers>() is not null || context.Request.Path == EngineFigures
            ? null
            : Problems.Of(StatusCodes.Status403Forbidden, "operator_needed", "this changes something, and you may only look", "ask an operator; `healing users list` shows who is one");
    }

    private static async Task<ProblemHttpResult?> FormAsync(HttpContext context)
    {
        var type = MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var parsed) ? parsed.MediaType.ToString() : "";
        if (type.Equals("application/json", StringComparison.OrdinalIgnoreCase))
            return null;
        var form = type.Equals("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase) || type.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase);
        if (!form || context.Request.Path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase))
            return Problems.Of(StatusCodes.Status415UnsupportedMediaType, "content_type", "a change must come as JSON", "send it with Content-Type: application/json");
        return await IsOursAsync(context) ? null : Problems.Of(StatusCodes.Status403Forbidden, "form_token", "this form is too old, or not from here", "go back, reload the page and send it again");
    }

    private static async Task<bool> IsOursAsync(HttpContext context)
    {
        try
        {
            return await context.RequestServices.GetRequiredService<IAntiforgery>().IsRequestValidAsync(context);
        }
        catch (AntiforgeryValidationException)
        {
            return false;
        }
    }
}
