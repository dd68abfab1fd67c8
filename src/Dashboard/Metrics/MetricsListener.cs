using HealingWorkers.Dashboard.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace HealingWorkers.Dashboard.Metrics;

/// <summary>Serves /metrics and /livez of a worker that hosts no dashboard, on worker.metrics_listen.</summary>
public sealed class MetricsListener : IAsyncDisposable
{
    private const string Key = "worker.metrics_listen";
    private readonly WebApplication _app;

    private MetricsListener(WebApplication app, Uri address) => (_app, Address) = (app, address);

    public Uri Address { get; }

    public static async Task<MetricsListener> StartAsync(string listen, IMetricsPage page, ILoggerFactory logs, CancellationToken cancel)
    {
        var endpoint = ListenAddress.Parse(listen, Key);
        var app = LoopbackServer.Build(endpoint, logs);
        try
        {
            MetricsEndpoint.Map(app, page);
            return new MetricsListener(app, await LoopbackServer.StartAsync(app, endpoint, Key, cancel));
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
