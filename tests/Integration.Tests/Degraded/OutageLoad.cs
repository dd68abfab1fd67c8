using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace HealingWorkers.Drill.Outages;

/// <summary>Asks a dashboard for everything again and again, from several clients, and keeps how long each answer took and what it was.</summary>
internal sealed class OutageLoad : IAsyncDisposable
{
    public const string Change = "POST /api/v1/pause";
    public static readonly string[] Asked =
    [
        "/", "/incidents", "/jobs", "/targets", "/api/v1/incidents", "/api/v1/targets", "/api/v1/jobs", "/livez", "/readyz", "/healthz/database", "/metrics", Change,
    ];

    private readonly HttpClient _http;
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentQueue<OutageAnswer> _answers = new();
    private readonly List<Task> _clients;
    private volatile string _phase = "before";
    private long _stoodStill;

    public OutageLoad(string address, int clients)
    {
        _http = new HttpClient { BaseAddress = new Uri(address), Timeout = TimeSpan.FromSeconds(30) };
        _clients = [Task.Run(WatchAsync), .. Enumerable.Range(0, clients).Select(n => Task.Run(() => AskAsync(n)))];
    }

    /// <summary>What is going on now; answers belong to the phase in which they were asked for.</summary>
    public string Phase { set => _phase = value; }

    /// <summary>For so long nobody here was heard, whoever was asked: the machine itself had no time.</summary>
    public TimeSpan StoodStill => TimeSpan.FromTicks(Interlocked.Read(ref _stoodStill));

    public IReadOnlyList<OutageAnswer> Of(string phase) => [.. _answers.Where(a => a.Phase == phase)];

    public IReadOnlyList<OutageAnswer> All => [.. _answers];

    public string Tell(string phase)
    {
        var all = Of(phase).OrderBy(a => a.Took).ToList();
        return all.Count == 0 ? $"{phase}: nothing asked" : string.Create(CultureInfo.InvariantCulture,
            $"{phase}: {all.Count} answers, median {all[all.Count / 2].Took.TotalMilliseconds:0} ms, longest {all[^1].Took.TotalMilliseconds:0} ms ({all[^1].Path} {all[^1].Status}); {string.Join(", ", all.GroupBy(a => a.Status).OrderBy(g => g.Key).Select(g => $"{g.Count()} x {g.Key}"))}, {all.Count(a => a.Stale)} from memory");
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await Task.WhenAll(_clients);
        _http.Dispose();
        _end.Dispose();
    }

    private async Task WatchAsync()
    {
        for (var last = Stopwatch.GetTimestamp(); !_end.IsCancellationRequested; last = Stopwatch.GetTimestamp())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, CancellationToken.None);
            var gap = Stopwatch.GetElapsedTime(last);
            if (gap > TimeSpan.FromMilliseconds(500))
                Interlocked.Add(ref _stoodStill, gap.Ticks);
        }
    }

    private async Task AskAsync(int first)
    {
        for (var n = first; !_end.IsCancellationRequested; n++)
        {
            var (path, phase, began) = (Asked[n % Asked.Length], _phase, Stopwatch.GetTimestamp());
            try
            {
                using var request = path == Change
                    ? new HttpRequestMessage(HttpMethod.Post, "/api/v1/pause") { Content = new StringContent("""{"target":"lonely","reason":"load","actor":"load"}""", System.Text.Encoding.UTF8, "application/json") }
                    : new HttpRequestMessage(HttpMethod.Get, path);
                if (!path.StartsWith("/api", StringComparison.Ordinal))
                    request.Headers.TryAddWithoutValidation("Accept", "text/html");
                using var answer = await _http.SendAsync(request, _end.Token);
                var body = await answer.Content.ReadAsStringAsync(_end.Token);
                _answers.Enqueue(new(phase, path, (int)answer.StatusCode, Stopwatch.GetElapsedTime(began), answer.Headers.Contains("Healing-As-Of") || body.Contains("This page is of", StringComparison.Ordinal), answer.Headers.RetryAfter is not null));
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, _end.Token);
            }
            catch (OperationCanceledException) when (_end.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
            {
                _answers.Enqueue(new(phase, path, 0, Stopwatch.GetElapsedTime(began), false, false));
            }
        }
    }
}

/// <param name="Status">0: there was none.</param>
internal sealed record OutageAnswer(string Phase, string Path, int Status, TimeSpan Took, bool Stale, bool SaysWhen);
