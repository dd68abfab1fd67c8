using Microsoft.AspNetCore.Http;

namespace HealingWorkers.Dashboard.Http;

/// <summary>What a browser is told about every answer: no script or style but our own files, no frames, nothing kept.</summary>
internal static class SecurityHeaders
{
    public const string Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    public static Task SetAsync(HttpContext context, RequestDelegate next)
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()";
        // A file that never changes says so itself.
        headers.CacheControl = "no-cache, no-store";
        context.Response.OnStarting(static state =>
        {
            var response = (HttpResponse)state;
            if (response.StatusCode == StatusCodes.Status503ServiceUnavailable && response.Headers.RetryAfter.Count == 0)
                response.Headers.RetryAfter = Outage.OutageGuard.RetrySeconds;
            return Task.CompletedTask;
        }, context.Response);
        if (context.Request.IsHttps)
            headers.StrictTransportSecurity = "max-age=15552000";
        return next(context);
    }
}
