using HealingWorkers.Dashboard.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace HealingWorkers.Dashboard.Pages.Live;

/// <summary>/events: server-sent events that say which topics changed, for the script of the pages.</summary>
internal sealed class EventsEndpoint(ChangeFeed feed, IHostApplicationLifetime life, TimeProvider clock)
{
    private const int MostListeners = 500;
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(20);
    private int _open;

    public void Map(IEndpointRouteBuilder routes) => routes.MapGet("/events", ServeAsync).ExcludeFromDescription();

    private async Task ServeAsync(HttpContext context)
    {
        if (Interlocked.Increment(ref _open) > MostListeners)
        {
            Interlocked.Decrement(ref _open);
            await Problems.Of(StatusCodes.Status503ServiceUnavailable, "too_many_listeners", $"{MostListeners} pages listen already", "reload the page by hand").ExecuteAsync(context);
            return;
        }
        var changes = feed.Listen(out var listener);
        try
        {
            using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, life.ApplicationStopping);
            context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
            context.Response.ContentType = "text/event-stream";
            context.Response.Headers.CacheControl = "no-store";
            await context.Response.WriteAsync("retry: 3000\n\n", end.Token);
            await context.Response.Body.FlushAsync(end.Token);
            while (!end.IsCancellationRequested)
            {
                await context.Response.WriteAsync(await NextAsync(changes, end.Token), end.Token);
                await context.Response.Body.FlushAsync(end.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // the page was left, or this process ends
        }
        finally
        {
            listener.Dispose();
            Interlocked.Decrement(ref _open);
        }
    }

    private async Task<string> NextAsync(System.Threading.Channels.ChannelReader<string> changes, CancellationToken end)
    {
        using var beat = CancellationTokenSource.CreateLinkedTokenSource(end);
        beat.CancelAfter(Heartbeat);
        try
        {
            return await changes.WaitToReadAsync(beat.Token) && changes.TryRead(out var topics)
                ? $"event: change\ndata: {topics}\n\n"
                : throw new OperationCanceledException("the feed has ended");
        }
        catch (OperationCanceledException) when (!end.IsCancellationRequested && beat.IsCancellationRequested)
        {
            return $": {clock.GetUtcNow():HH:mm:ss}\n\n";
        }
    }
}
