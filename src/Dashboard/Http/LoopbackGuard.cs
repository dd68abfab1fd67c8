using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Net.Http.Headers;

namespace HealingWorkers.Dashboard.Http;

/// <summary>Being on loopback is no protection from a browser on the same machine: other names, other origins and forms that are not ours are turned away.</summary>
internal static class LoopbackGuard
{
    public static Task CheckAsync(HttpContext context, RequestDelegate next)
    {
        var request = context.Request;
        if (!ListenAddress.IsLoopbackHost(request.Host.Host ?? ""))
            return Problems.Of(StatusCodes.Status403Forbidden, "host_not_allowed", "this server answers to loopback names only", "use 127.0.0.1 or localhost in the address").ExecuteAsync(context);
        if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
            return next(context);
        if (request.Headers.Origin is { Count: > 0 } origin && !origin.ToString().Equals($"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase))
            return Problems.Of(StatusCodes.Status403Forbidden, "origin_not_allowed", "a page of another origin may change nothing here", "send the request from this server's own pages, or without an Origin header").ExecuteAsync(context);
        if (context.Request.HasFormContentType && !request.Path.StartsWithSegments("/api") && context.RequestServices.GetService<IAntiforgery>() is { } antiforgery)
            return FormAsync(context, next, antiforgery);
        return MediaTypeHeaderValue.TryParse(request.ContentType, out var type) && type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
            ? next(context)
            : Problems.Of(StatusCodes.Status415UnsupportedMediaType, "content_type", "a change must come as JSON", "send it with Content-Type: application/json").ExecuteAsync(context);
    }

    /// <summary>A form of our own pages carries a token that only they know.</summary>
    private static async Task FormAsync(HttpContext context, RequestDelegate next, IAntiforgery antiforgery)
    {
        if (await antiforgery.IsRequestValidAsync(context))
            await next(context);
        else
            await ProblemAnswers.AnswerAsync(context, Problems.Of(StatusCodes.Status403Forbidden, "form_token", "this form is too old, or not from here", "go back, reload the page and send it again"));
    }
}
