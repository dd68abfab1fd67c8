using System.Collections.Concurrent;
using HealingWorkers.Drill;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace HealingWorkers.Integration.Tests.Failover;

/// <summary>An application's page that says whether it is well; the last answer is repeated.</summary>
internal sealed class HealthPage : IAsyncDisposable
{
    public const int Silence = 0;
    public const int Nobody = -1;
    private readonly WebApplication _app;
    private ConcurrentQueue<int> _answers = new();
    private int _asked;

    private HealthPage(WebApplication app, string address) => (_app, Address) = (app, address);

    public string Address { get; }

    public int Asked => _asked;

    public static async Task<HealthPage> StartAsync()
    {
        var port = FreePort.Pick();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls($"http://127.0.0.1:{port}");
        builder.Services.AddRouting();
        var app = builder.Build();
        var page = new HealthPage(app, $"http://127.0.0.1:{port}/health");
        app.MapGet("/health", page.AnswerAsync);
        await app.StartAsync();
        return page;
    }

    /// <summary>From now on.</summary>
    public void Answers(params int[] answers) => (_answers, _asked) = (new(answers), 0);

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        Interlocked.Increment(ref _asked);
        if (!(_answers.Count > 1 ? _answers.TryDequeue(out var status) : _answers.TryPeek(out status)) || status == Silence)
        {
            // until whoever asks has enough
            await Task.Delay(TimeSpan.FromMinutes(1), TimeProvider.System, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return;
        }
        context.Response.StatusCode = status;
    }
}
