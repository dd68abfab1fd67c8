using System.Net;
using HealingWorkers.Dashboard.Access;
using HealingWorkers.Dashboard.Http;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Options;
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

    /// <summary>On loopback nobody is asked who he is; beyond it a token is needed, unless the numbers were opened to everybody.</summary>
    public static async Task<MetricsListener> StartAsync(string listen, IMetricsPage page, HttpOptions http, TimeProvider clock, ILoggerFactory logs, CancellationToken cancel)
    {
        var endpoint = ListenAddress.Parse(listen, Key);
        var asks = !IPAddress.IsLoopback(endpoint.Address) && http.Metrics == MetricsAccess.Login;
        if (asks && http.TokensFile.Length == 0)
            throw new HealingException($"{Key} is `{listen}`: beyond loopback a token is required", "set http.tokens_file and `healing tokens create NAME --scope metrics`, or http.metrics: open, or listen on 127.0.0.1");
        var rules = new HttpOptions { Listen = listen, HostNames = http.HostNames, Metrics = http.Metrics, TokensFile = asks ? http.TokensFile : "" };
        var log = logs.CreateLogger("HealingWorkers.Access");
        var gate = new Gate(rules, new AccessBook<TokenEntry>(asks ? Door.Tokens(rules) : null, clock, log), new ProxyTrust(rules), sessions: null, clock);
        var app = WebServer.Build(new WebSetup(endpoint, rules, logs), (_, next) => context => gate.CheckAsync(context, next));
        try
        {
            MetricsEndpoint.Map(app, page);
            return new MetricsListener(app, await WebServer.StartAsync(app, endpoint, Key, cancel));
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
