using System.Diagnostics;
using System.Globalization;

namespace HealingWorkers.Bench.Scale;

/// <summary>
/// What each page and each GET of the API takes the server over a ledger with a long past. Cold: every call asks for an address that nobody asked
/// for before, so that the rendering that visitors share for a second cannot answer. Shared: the same address again and again, as many open pages do.
/// </summary>
internal static class PagesBench
{
    private const double Bound = 100;
    private const int SharedCalls = 30;
    private const int FewCalls = 10;

    public static async Task RunAsync(int runs, int incidents, int calls, CancellationToken cancel)
    {
        await using var dashboard = await FilledDashboard.OpenAsync(runs, incidents, cancel);
        var kinds = await new Addresses(runs, incidents).AllAsync(dashboard.Http, cancel);
        foreach (var kind in kinds)
            await TakeAsync(dashboard.Http, kind, 1_000_003, cancel);
        var rows = new List<Row>();
        foreach (var kind in kinds)
        {
            Console.Error.WriteLine(kind.Name);
            rows.Add(await MeasureAsync(dashboard.Http, kind, calls, cancel));
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{"milliseconds, the slowest first",-44} {"p50",8} {"p95",8} {"max",8} {"shared p95",11} {"KiB",7} status"));
        foreach (var row in rows.OrderByDescending(r => r.Cold.Percentile(95)))
            Console.WriteLine(row.Tell());
        var over = rows.Count(r => r.IsOver);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{rows.Count} addresses, {calls} calls each, one at a time; dashboard {dashboard.Memory():0} MiB; bound {Bound:0} ms: {(over == 0 ? "within" : $"{over} FALL SHORT")}"));
    }

    private static async Task<Row> MeasureAsync(HttpClient http, Addresses.Kind kind, int calls, CancellationToken cancel)
    {
        var (cold, shared, statuses, bytes) = (new List<double>(), new List<double>(), new SortedSet<int>(), 0L);
        // the metrics are read once in two seconds for all who ask: to read them anew takes waiting
        var wait = kind.Name == "/metrics" ? TimeSpan.FromSeconds(2.1) : TimeSpan.Zero;
        for (var n = 1; n <= (wait == TimeSpan.Zero && !kind.Unbound ? calls : Math.Min(calls, FewCalls)); n++)
        {
            await Task.Delay(wait, TimeProvider.System, cancel);
            var (took, status, length) = await TakeAsync(http, kind, n, cancel);
            cold.Add(took);
            statuses.Add(status);
            bytes += length;
        }
        for (var n = 0; n < SharedCalls && !kind.Streams && !kind.Unbound; n++)
            shared.Add((await TakeAsync(http, kind, 2_000_003, cancel)).Milliseconds);
        return new(kind.Name, kind.Unbound, new Samples(cold), shared.Count == 0 ? null : new Samples(shared), bytes / 1024.0 / cold.Count, string.Join(' ', statuses));
    }

    /// <summary>From the request to the last byte of the answer, over loopback; of what streams, to its first rows.</summary>
    private static async Task<(double Milliseconds, int Status, long Bytes)> TakeAsync(HttpClient http, Addresses.Kind kind, int n, CancellationToken cancel)
    {
        var watch = Stopwatch.StartNew();
        using var answer = await http.GetAsync(new Uri(kind.Of(n), UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, cancel);
        await using var body = await answer.Content.ReadAsStreamAsync(cancel);
        var (bytes, buffer) = (0L, new byte[65536]);
        for (int read; (read = await body.ReadAsync(buffer, cancel)) > 0;)
        {
            bytes += read;
            if (kind.Streams)
                break;
        }
        return (watch.Elapsed.TotalMilliseconds, (int)answer.StatusCode, bytes);
    }

    private sealed record Row(string Name, bool Unbound, Samples Cold, Samples? Shared, double Kibibytes, string Statuses)
    {
        public bool IsOver => !Unbound && Cold.Percentile(95) > Bound;

        public string Tell() => string.Create(CultureInfo.InvariantCulture,
            $"{Name,-44} {Cold.Median,8:0.0} {Cold.Percentile(95),8:0.0} {Cold.Most,8:0.0} {Shared?.Percentile(95),11:0.0} {Kibibytes,7:0.0} {Statuses}{(IsOver ? "  OVER 100 ms" : Unbound ? "  not bound" : "")}");
    }
}
