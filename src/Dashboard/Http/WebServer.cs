using System.Net;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using HealingWorkers.Dashboard.Access;
using HealingWorkers.Jobs.Errors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace HealingWorkers.Dashboard.Http;

/// <summary>A small web server that takes nothing from the environment, bounds what it takes from anybody, and answers every error as a problem.</summary>
internal static class WebServer
{
    private const long LargestBody = 64 * 1024;
    private const int LargestHeaders = 32 * 1024;
    /// <summary>Every open page holds one for its events.</summary>
    private const long MostConnections = 1024;
    private const double SlowestBody = 240;
    private static readonly TimeSpan HeadersWithin = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan SlowStart = TimeSpan.FromSeconds(3);

    /// <param name="who">Finds out who asks; made from the services.</param>
    public static WebApplication Build(WebSetup setup, Func<IServiceProvider, RequestDelegate, RequestDelegate> who, Action<IServiceCollection>? services = null, Func<HttpContext, RequestDelegate, Task>? around = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            var limits = kestrel.Limits;
            limits.MaxRequestBodySize = LargestBody;
            limits.MaxRequestHeadersTotalSize = LargestHeaders;
            limits.MaxConcurrentConnections = MostConnections;
            limits.RequestHeadersTimeout = HeadersWithin;
            limits.MinRequestBodyDataRate = new MinDataRate(SlowestBody, SlowStart);
            kestrel.Listen(setup.Listen, at =>
            {
                if (setup.Certificate is { } certificate)
                    at.UseHttps(tls => tls.ServerCertificateSelector = (_, _) => certificate.Current());
            });
        });
        builder.Services.AddSingleton(setup.Logs);
        builder.Services.AddRouting();
        builder.Services.Configure<JsonOptions>(json => Configure(json.SerializerOptions));
        builder.Services.Configure<Microsoft.AspNetCore.Routing.RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        services?.Invoke(builder.Services);
        var app = builder.Build();
        var log = setup.Logs.CreateLogger("HealingWorkers.Http");
        app.Use(new ProxyTrust(setup.Http).ApplyAsync);
        app.Use(SecurityHeaders.SetAsync);
        app.Use((context, next) => ProblemAnswers.GuardAsync(context, next, log));
        if (around is not null)
        {
            app.Use((context, next) => around(context, next));
            app.Use((context, next) => ProblemAnswers.GuardAsync(context, next, log));
        }
        app.Use(new HostGuard(setup.Listen.Address, setup.Http.HostNames).CheckAsync);
        app.UseRouting();
        app.Use(next => who(app.Services, next));
        app.Use(ChangeGuard.CheckAsync);
        return app;
    }

    public static async Task<Uri> StartAsync(WebApplication app, IPEndPoint listen, string key, CancellationToken cancel)
    {
        try
        {
            await app.StartAsync(cancel);
        }
        catch (IOException e) when (e.InnerException is AddressInUseException)
        {
            throw new HealingException($"{listen} is in use by another program ({key})", $"stop that program, or set {key} to another port; port 0 takes a free one", e);
        }
        return new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
    }

    private static void Configure(JsonSerializerOptions json)
    {
        json.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
        json.DictionaryKeyPolicy = null;
        json.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        json.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        json.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower));
    }
}
