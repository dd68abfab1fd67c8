using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace HealingWorkers.Integration.Tests.Dashboard;

/// <summary>Takes OTLP over HTTP and protobuf, and keeps what came.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;

    private OtlpReceiver(WebApplication app) => _app = app;

    public ConcurrentQueue<ReceivedSpan> Spans { get; } = new();

    public ConcurrentQueue<ReceivedMetric> Metrics { get; } = new();

    public string Address => _app.Urls.First();

    public static async Task<OtlpReceiver> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRouting();
        var receiver = new OtlpReceiver(builder.Build());
        receiver._app.MapPost("/v1/traces", (HttpRequest request) => ReceiveAsync(request, receiver.KeepSpans));
        receiver._app.MapPost("/v1/metrics", (HttpRequest request) => ReceiveAsync(request, receiver.KeepMetrics));
        await receiver._app.StartAsync();
        return receiver;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static async Task<IResult> ReceiveAsync(HttpRequest request, Action<byte[]> keep)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body);
        keep(body.ToArray());
        return Results.Bytes([], "application/x-protobuf");
    }

    private void KeepSpans(byte[] body)
    {
        foreach (var resource in Protobuf.At(body, 1))
        {
            foreach (var span in Protobuf.At(resource, 2, 2))
                Spans.Enqueue(new ReceivedSpan(Instance(resource), Hex(span, 1), Hex(span, 2), Hex(span, 4), Text(span, 5)));
        }
    }

    private void KeepMetrics(byte[] body)
    {
        foreach (var resource in Protobuf.At(body, 1))
        {
            foreach (var metric in Protobuf.At(resource, 2, 2))
                Metrics.Enqueue(new ReceivedMetric(Instance(resource), Text(metric, 1)));
        }
    }

    // resource -> attributes -> (key, value -> string)
    private static string Instance(byte[] resource) =>
        Protobuf.At(resource, 1, 1).Where(a => Text(a, 1) == "service.instance.id").Select(a => Encoding.UTF8.GetString(Protobuf.At(a, 2, 1).Single())).Single();

    private static string Hex(byte[] message, int field) => Convert.ToHexStringLower(Protobuf.At(message, field).FirstOrDefault([]));

    private static string Text(byte[] message, int field) => Encoding.UTF8.GetString(Protobuf.At(message, field).FirstOrDefault([]));
}

internal sealed record ReceivedSpan(string Instance, string Trace, string Span, string Parent, string Name);

internal sealed record ReceivedMetric(string Instance, string Name);
