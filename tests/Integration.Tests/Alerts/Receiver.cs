using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using HealingWorkers.Drill;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace HealingWorkers.Integration.Tests.Alerts;

/// <summary>Takes HTTP posts on a port of its own; can be stopped and started again there, and told what to answer.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly int _port = FreePort.Pick();
    private WebApplication? _app;

    public ConcurrentQueue<Received> Posts { get; } = new();

    public Func<Received, int> Answer { get; set; } = _ => 200;

    public int? RetryAfter { get; set; }

    public TimeSpan Delay { get; set; }

    public string Address => $"http://127.0.0.1:{_port}/hook";

    public static async Task<Receiver> StartAsync()
    {
        var receiver = new Receiver();
        await receiver.UpAsync();
        return receiver;
    }

    public async Task UpAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls($"http://127.0.0.1:{_port}");
        builder.Services.AddRouting();
        _app = builder.Build();
        _app.MapPost("/{**path}", TakeAsync);
        await _app.StartAsync();
    }

    public async Task DownAsync()
    {
        if (_app is not null)
        {
            await _app.StopAsync(new CancellationToken(canceled: true));
            await _app.DisposeAsync();
        }
        _app = null;
    }

    public async ValueTask DisposeAsync() => await DownAsync();

    private async Task<IResult> TakeAsync(HttpRequest request)
    {
        var post = new Received(await new StreamReader(request.Body).ReadToEndAsync(), request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase));
        await Task.Delay(Delay, TimeProvider.System, request.HttpContext.RequestAborted);
        var status = Answer(post);
        if (status == 200)
            Posts.Enqueue(post);
        if (RetryAfter is { } seconds)
            request.HttpContext.Response.Headers.RetryAfter = $"{seconds}";
        return Results.StatusCode(status);
    }
}

internal sealed record Received(string Body, IReadOnlyDictionary<string, string> Headers)
{
    public JsonNode Json => JsonNode.Parse(Body)!;
}
