using System.Diagnostics;

namespace HealingWorkers.Drill.Scale;

/// <summary>An open page, as the script of the pages keeps it: it listens, and fetches itself when something of its topics changed.</summary>
internal sealed class Watcher(HttpClient http, string path, string topics)
{
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(3);
    private readonly HashSet<string> _topics = [.. topics.Split(' ', StringSplitOptions.RemoveEmptyEntries), "away"];
    private string? _tag;

    public List<double> Answers { get; } = [];

    /// <summary>How often it was told to come again later.</summary>
    public int Later { get; private set; }

    public int Told { get; private set; }

    public async Task RunAsync(CancellationToken end)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/events");
            using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, end);
            answer.EnsureSuccessStatusCode();
            using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(end));
            while (await reader.ReadLineAsync(end) is { } line)
            {
                if (line.StartsWith("data: ", StringComparison.Ordinal) && line[6..].Split(' ').Any(_topics.Contains))
                {
                    Told++;
                    await RefreshAsync(end);
                }
            }
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // the time is over
        }
    }

    private async Task RefreshAsync(CancellationToken end)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(700)), TimeProvider.System, end);
        while (!await FetchAsync(end))
        {
            Later++;
            await Task.Delay(Again, TimeProvider.System, end);
        }
    }

    private async Task<bool> FetchAsync(CancellationToken end)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("X-Live", "1");
        if (_tag is not null)
            request.Headers.TryAddWithoutValidation("If-None-Match", _tag);
        var watch = Stopwatch.StartNew();
        using var answer = await http.SendAsync(request, end);
        Answers.Add(watch.Elapsed.TotalMilliseconds);
        _tag = answer.Headers.ETag?.ToString() ?? _tag;
        return (int)answer.StatusCode is 200 or 304 || ((int)answer.StatusCode is 204 or 503 ? false : throw new InvalidOperationException($"{path}: {answer.StatusCode}"));
    }
}
