using System.Net;
using HealingWorkers.Dashboard.Api;
using HealingWorkers.Dashboard.Health;
using HealingWorkers.Dashboard.Http;
using HealingWorkers.Dashboard.Metrics;
using HealingWorkers.Dashboard.Pages;
using Microsoft.AspNetCore.Builder;

namespace HealingWorkers.Dashboard;

/// <summary>Pages, API, health and metrics over HTTP, in the process that builds it. It reads, approves and triggers; it never repairs.</summary>
public sealed class DashboardHost : IAsyncDisposable
{
    private const string Key = "http.listen";
    private readonly WebApplication _app;
    private readonly IPEndPoint _listen;

    private DashboardHost(WebApplication app, IPEndPoint listen) => (_app, _listen) = (app, listen);

    /// <summary>Refuses an address beyond loopback.</summary>
    public static DashboardHost Build(DashboardParts parts)
    {
        var listen = ListenAddress.Parse(parts.Options.Http.Listen, Key);
        var app = LoopbackServer.Build(listen, parts.Logs, services =>
        {
            ApiDocument.Add(services);
            PagesSetup.Add(services, parts);
        });
        PagesSetup.Map(app);
        MetricsEndpoint.Map(app, parts.Metrics);
        HealthEndpoints.Map(app, parts);
        ApiEndpoints.Map(app, parts);
        return new DashboardHost(app, listen);
    }

    /// <summary>Starts to serve and tells where; refuses a port in use.</summary>
    public Task<Uri> StartAsync(CancellationToken cancel) => LoopbackServer.StartAsync(_app, _listen, Key, cancel);

    public Task StopAsync(CancellationToken cancel) => _app.StopAsync(cancel);

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
