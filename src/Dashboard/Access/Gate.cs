using System.Security.Claims;
using HealingWorkers.Dashboard.Http;
using HealingWorkers.Jobs.Options;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HealingWorkers.Dashboard.Access;

/// <summary>Finds out who asks, and turns away whom it does not know from all that is not for everybody.</summary>
internal sealed class Gate(HttpOptions http, AccessBook<TokenEntry> tokens, ProxyTrust proxy, Sessions? sessions, TimeProvider clock)
{
    public async Task CheckAsync(HttpContext context, RequestDelegate next)
    {
        var (visitor, refusal) = http.HasLogin ? await WhoAsync(context) : (Visitor.Local, null);
        if (visitor is not null)
            Enter(context, visitor);
        if (refusal is not null)
            await refusal.ExecuteAsync(context);
        else if (visitor is null && !IsOpen(context))
            await Closed(context).ExecuteAsync(context);
        else
            await next(context);
    }

    private async Task<(Visitor?, ProblemHttpResult?)> WhoAsync(HttpContext context)
    {
        if (BearerText.In(context) is { } bearer)
            return OfToken(context, bearer);
        return (proxy.Named(context) ?? (sessions is null ? null : await sessions.VisitorAsync(context)), null);
    }

    private (Visitor?, ProblemHttpResult?) OfToken(HttpContext context, string bearer)
    {
        var token = TokenEntry.Split(bearer) is var (id, secret) && tokens.Find(id) is { } entry && entry.Fits(secret) ? entry : null;
        if (token is null)
            return (null, Refused(context, "token_unknown", "this token is not known here", "`healing tokens create` makes one: Authorization: Bearer hlg_..."));
        if (token.Expires <= clock.GetUtcNow())
            return (null, Refused(context, "token_expired", $"this token has expired at {token.Expires:u}", "`healing tokens create` makes another one"));
        return token.Scope == TokenScope.Metrics && !IsOpen(context) && !IsForMetrics(context)
            ? (null, Problems.Of(StatusCodes.Status403Forbidden, "token_scope", "this token is for /metrics only", "`healing tokens create --scope read` makes one for more"))
            : (token.Visitor, null);
    }

    private static void Enter(HttpContext context, Visitor visitor)
    {
        context.Features.Set(visitor);
        if (visitor.By == Entrance.Loopback)
            return;
        // The tokens of forms are bound to this: those of somebody else, or of an earlier session, are refused.
        var id = context.Items[typeof(Session)] is Session session ? session.Id : "";
        context.User = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, $"{visitor.By} {visitor.Name} {id}"), new Claim(ClaimTypes.Name, visitor.Name)], "healing"));
    }

    private bool IsOpen(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<IAllowAnonymous>() is not null || (http.Metrics == MetricsAccess.Open && IsForMetrics(context));

    private static bool IsForMetrics(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<ForMetrics>() is not null;

    private IResult Closed(HttpContext context)
    {
        var request = context.Request;
        var page = http.UsersFile.Length > 0 && HttpMethods.IsGet(request.Method) && request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);
        if (!page)
            return Refused(context, "login_needed", "this needs a login", "send a token: Authorization: Bearer hlg_...; `healing tokens create` makes one");
        var here = request.PathBase + request.Path + request.QueryString;
        // A browser keeps the session from whoever follows a link of elsewhere; from our own page it sends it.
        return request.Headers["Sec-Fetch-Site"] == "cross-site"
            ? LoginPage.Bounce(LoginEndpoints.Local(here))
            : TypedResults.Redirect("/login" + (here == "/" ? "" : "?next=" + Uri.EscapeDataString(here)));
    }

    private static ProblemHttpResult Refused(HttpContext context, string code, string what, string hint)
    {
        context.Response.Headers.WWWAuthenticate = "Bearer";
        return Problems.Of(StatusCodes.Status401Unauthorized, code, what, hint);
    }
}
