using System.Threading.RateLimiting;
using HealingWorkers.Dashboard.Http;
using HealingWorkers.Dashboard.Outage;
using Microsoft.AspNetCore.Components.Endpoints;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace HealingWorkers.Dashboard.Pages.Serving;

/// <summary>Answers for the pages: renders them once for all who ask, and serves the last good one when the control database does not answer.</summary>
internal sealed class PageServer(DashboardParts parts, PageMemory memory, PageAnswer answer, LedgerWatch watch, IServiceScopeFactory scopes) : IDisposable
{
    /// <summary>By the script of an open page, which can wait; a person who follows a link cannot.</summary>
    public const string LiveHeader = "X-Live";
    private const int LiveRendersASecond = 20;

    private readonly TokenBucketRateLimiter _live = new(new()
    {
        TokenLimit = LiveRendersASecond, TokensPerPeriod = LiveRendersASecond, ReplenishmentPeriod = TimeSpan.FromSeconds(1), QueueLimit = 0,
    });

    public async Task ServeAsync(HttpContext context, RequestDelegate next)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<ComponentTypeMetadata>() is null || !HttpMethods.IsGet(context.Request.Method))
        {
            await next(context);
            return;
        }
        if (Visitor.Of(context).Targets is not null)
            throw new PageProblemException(StatusCodes.Status403Forbidden, "This token is for some targets only, and the pages show all of them.", "Use the API with it, or log in.");
        var live = context.Request.Headers.ContainsKey(LiveHeader);
        var key = $"{Visitor.Of(context).Role} {context.Request.Path}{context.Request.QueryString}";
        if (Offline.Is(context))
        {
            await (memory.Last(key) is { } last ? answer.WriteAsync(context, last, stale: true) : ProblemAnswers.AnswerAsync(context, Problems.LedgerAway(watch.Away)));
            return;
        }
        try
        {
            var page = await memory.GetAsync(key, () => !live || _live.AttemptAcquire().IsAcquired, () => RenderAsync(context, next)).WaitAsync(context.RequestAborted);
            if (page is null)
                context.Response.StatusCode = StatusCodes.Status204NoContent;
            else
                await answer.WriteAsync(context, page, stale: false);
        }
        catch (Exception e) when (LedgerSilence.Is(e) && !context.RequestAborted.IsCancellationRequested && memory.Last(key) is not null)
        {
            await answer.WriteAsync(context, memory.Last(key)!, stale: true);
        }
    }

    public void Dispose() => _live.Dispose();

    private async Task<RenderedPage> RenderAsync(HttpContext context, RequestDelegate next)
    {
        // Nothing of it is its first visitor's: he may leave, with his answer and his services, while others wait for the page.
        await using var services = scopes.CreateAsyncScope();
        using var deadline = new CancellationTokenSource(context.GetEndpoint()?.Metadata.GetMetadata<StillAttribute>() is null ? PageDeadline.Limit : PageDeadline.LongLimit, parts.Clock);
        var at = parts.Clock.GetUtcNow();
        using var rendered = new MemoryStream();
        var features = new FeatureCollection(context.Features);
        features.Set(new PageDeadline(deadline.Token));
        features.Set<IServiceProvidersFeature>(new OwnServices { RequestServices = services.ServiceProvider });
        features.Set<IHttpRequestLifetimeFeature>(new HttpRequestLifetimeFeature { RequestAborted = deadline.Token });
        features.Set<IItemsFeature>(new ItemsFeature { Items = new Dictionary<object, object?>(context.Items) });
        features.Set<IHttpResponseFeature>(new HttpResponseFeature());
        features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(rendered));
        var shared = new DefaultHttpContext(features);
        await next(shared);
        await shared.Response.CompleteAsync();
        return new RenderedPage(System.Text.Encoding.UTF8.GetString(rendered.GetBuffer().AsSpan(0, (int)rendered.Length)), at);
    }

    private sealed class OwnServices : IServiceProvidersFeature
    {
        public required IServiceProvider RequestServices { get; set; }
    }
}
