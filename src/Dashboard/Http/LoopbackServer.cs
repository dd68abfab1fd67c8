using System.Net;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using HealingWorkers.Jobs.Errors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace HealingWorkers.Dashboard.Http;

/// <summary>A small web server on loopback that takes nothing from the environment and answers every error as a problem.</summary>
internal static class LoopbackServer
{
    private const long LargestBody = 64 * 1024;
    private const long MostConnections = 256;

    public static WebApplication Build(IPEndPoint listen, ILoggerFactory logs, Action<IServiceCollection>? services = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = LargestBody;
            kestrel.Limits.MaxConcurrentConnections = MostConnections;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
            kestrel.Listen(listen);
        });
        builder.Services.AddSingleton(logs);
        builder.Services.AddRouting();
        builder.Services.Configure<JsonOptions>(json => Configure(json.SerializerOptions));
        builder.Services.Configure<Microsoft.AspNetCore.Routing.RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        services?.Invoke(builder.Services);
        var app = builder.Build();
        var log = logs.CreateLogger("HealingWorkers.Http");
        app.Use((context, next) => ProblemAnswers.GuardAsync(context, next, log));
        app.Use(LoopbackGuard.CheckAsync);
        app.UseRouting();
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
