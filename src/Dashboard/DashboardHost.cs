using System.Net;
using HealingWorkers.Dashboard.Access;
using HealingWorkers.Dashboard.Api;
using HealingWorkers.Dashboard.Health;
using HealingWorkers.Dashboard.Http;
using HealingWorkers.Dashboard.Metrics;
using HealingWorkers.Dashboard.Outage;
using HealingWorkers.Dashboard.Pages;
using HealingWorkers.Jobs.Ledger;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace HealingWorkers.Dashboard;

/// <summary>Pages, API, health and metrics over HTTP, in the process that builds it. It reads, approves and triggers; it never repairs.</summary>
public sealed class DashboardHost : IAsyncDisposable
{
    private const string Key = "http.listen";
    private readonly WebApplication _app;
    private readonly AccessHouse _access;
    private readonly IPEndPoint _listen;
    private readonly LedgerWatch _watch;

    private DashboardHost(WebApplication app, AccessHouse access, IPEndPoint listen, LedgerWatch watch) => (_app, _access, _listen, _watch) = (app, access, listen, watch);

    /// <summary>Refuses an address beyond loopback where no login is configured.</summary>
    public static DashboardHost Build(DashboardParts parts)
    {
        Door.Check(parts.Options.Http);
        var log = parts.Logs.CreateLogger("HealingWorkers.Outage");
        var watch = new LedgerWatch(parts.Ledger.ConnectionString, parts.Outage, parts.Clock, log);
        var outage = new OutageGuard(watch, new AnswerMemory(), parts.Outage, parts.Clock, log);
        var access = new AccessHouse(parts, watch);
        var setup = new WebSetup(ListenAddress.Parse(parts.Options.Http.Listen, Key), parts.Options.Http, parts.Logs)
        {
            Certificate = CertificateFile.Of(parts.Options.Http, parts.Logs.CreateLogger("HealingWorkers.Http")),
        };
        var app = WebServer.Build(setup, (services, next) => access.Gate(services, outage, next), services =>
        {
            services.AddSingleton(watch);
            ApiDocument.Add(services);
            access.Add(services);
            PagesSetup.Add(services, parts);
            parts.AddMore(services);
        }, outage.BoundAsync);
        var answers = new AnswerLedger(parts.Ledger);
        app.Use((context, next) => Idempotency.GuardAsync(context, next, answers));
        PagesSetup.Map(app);
        MetricsEndpoint.Map(app, parts.Metrics);
        HealthEndpoints.Map(app, parts, watch);
        ApiEndpoints.Map(app, parts);
        access.Map(app);
        parts.MapMore(app);
        return new DashboardHost(app, access, setup.Listen, watch);
    }

    /// <summary>Everything that can be asked of it, for the tests that try each.</summary>
    internal IReadOnlyList<Endpoint> Endpoints => _app.Services.GetRequiredService<EndpointDataSource>().Endpoints;

    /// <summary>Starts to serve and tells where; refuses a port in use.</summary>
    public async Task<Uri> StartAsync(CancellationToken cancel)
    {
        await _access.ReadyAsync(_app.Services, cancel);
        _watch.Start();
        return await WebServer.StartAsync(_app, _listen, Key, cancel);
    }

    public Task StopAsync(CancellationToken cancel) => _app.StopAsync(cancel);

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        await _watch.DisposeAsync();
        await _access.DisposeAsync();
    }
}
