using Hangfire.Dashboard;
using HealingWorkers.Dashboard.Http;
using HealingWorkers.Jobs.Ledger;

namespace HealingWorkers.Worker.Engine.Hangfire;

/// <summary>Who is known here already may look; what an operator does on Hangfire's pages is audited like everything else.</summary>
internal sealed class HangfireDoor(AuditLog audit) : IDashboardAsyncAuthorizationFilter
{
    /// <summary>Its pages set widths in the markup and draw with pictures in the style sheet; scripts come from here alone.</summary>
    private const string Policy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    public async Task<bool> AuthorizeAsync(DashboardContext context)
    {
        var http = context.GetHttpContext();
        var visitor = Visitor.Of(http);
        // the deliveries of all targets stand there side by side
        if (!visitor.IsKnown || visitor.Targets is not null)
        {
            return false;
        }
        http.Response.Headers.ContentSecurityPolicy = Policy;
        // its figures are asked for by POST, every other second
        if (!HttpMethods.IsGet(http.Request.Method) && !HttpMethods.IsHead(http.Request.Method) && !http.Request.Path.Value!.EndsWith("/stats", StringComparison.Ordinal))
        {
            await audit.WriteAsync(new AuditEntry("engine_order", "info", $"asked of Hangfire: {http.Request.PathBase}{http.Request.Path}", visitor.Name), http.RequestAborted).ConfigureAwait(false);
        }
        return true;
    }
}
