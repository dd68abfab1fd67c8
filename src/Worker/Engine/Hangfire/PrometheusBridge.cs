using Prometheus;

namespace HealingWorkers.Worker.Engine.Hangfire;

/// <summary>What prometheus-net says of the process (memory, threads, collections), after our own metrics on one page.</summary>
public static class PrometheusBridge
{
    private const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>Our meter has its own names in the contract, so prometheus-net must not translate it a second time.</summary>
    public static void Prepare() => Metrics.SuppressDefaultMetrics(new SuppressDefaultMetricOptions { SuppressMeters = true, SuppressEventCounters = true });

    /// <param name="ours">Writes our own metrics.</param>
    public static IEndpointConventionBuilder MapBridgedMetrics(this IEndpointRouteBuilder endpoints, string pattern, Func<Stream, CancellationToken, Task> ours) =>
        endpoints.MapGet(pattern, async context =>
        {
            context.Response.ContentType = ContentType;
            await ours(context.Response.Body, context.RequestAborted).ConfigureAwait(false);
            await AppendAsync(context.Response.Body, context.RequestAborted).ConfigureAwait(false);
        });

    public static Task AppendAsync(Stream page, CancellationToken cancel) => Metrics.DefaultRegistry.CollectAndExportAsTextAsync(page, cancel);
}
