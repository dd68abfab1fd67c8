using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Telemetry;
using Microsoft.Extensions.Logging;

namespace HealingWorkers.Jobs.Schedule;

/// <summary>
/// Delivers the kept samples as JSON lines, each at least once: into a directory, a file a day, or to an address. How far it got is in the ledger,
/// so that what was kept while the warehouse was away goes there afterwards; what retention took meanwhile is told in a line of its own.
/// </summary>
internal sealed class SampleExport(SampleOptions options, SampleLedger samples, TimeProvider clock, ILogger logger) : IDisposable
{
    private const int Batch = 500;
    private const int MostBatches = 20;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan AtATime = TimeSpan.FromSeconds(20);
    // a redirection drops what was posted, and its answer would be taken for ours
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) }) { Timeout = Limit };
    private long? _failedAt;
    private bool _told;

    public async Task RunAsync(CancellationToken cancel)
    {
        if (_failedAt is { } at && clock.GetElapsedTime(at) < Pause)
            return;
        var begun = clock.GetTimestamp();
        for (var n = 0; n < MostBatches && clock.GetElapsedTime(begun) < AtATime; n++)
        {
            var state = await samples.ExportAsync(options.Export, cancel).ConfigureAwait(false);
            var rows = await samples.ListAsync(new SampleFilter { After = state.Cursor, Limit = Batch }, cancel).ConfigureAwait(false);
            if (rows.Count == 0 && state.Missed == 0)
                return;
            if (!await TryDeliverAsync(Lines(state, rows), rows.Count > 0 ? rows[^1].At : clock.GetUtcNow(), cancel).ConfigureAwait(false))
                return;
            await samples.DeliveredAsync(options.Export, rows.Count > 0 ? rows[^1].Id : state.Cursor, rows.Count, state.Missed, cancel).ConfigureAwait(false);
            if (rows.Count < Batch)
                return;
        }
    }

    public void Dispose() => _http.Dispose();

    private static string Lines(ExportState state, IReadOnlyList<KeptSample> rows)
    {
        var lines = new StringBuilder();
        if (state.Missed > 0)
        {
            lines.Append(new JsonObject
            {
                ["missing"] = state.Missed, ["from"] = Time(state.MissedFrom), ["to"] = Time(state.MissedTo),
                ["why"] = "they were older than retention.metrics before they could be delivered",
            }.ToJsonString()).Append('\n');
        }
        foreach (var row in rows)
            lines.Append(row.ToLine().ToJsonString()).Append('\n');
        return lines.ToString();
    }

    private async Task<bool> TryDeliverAsync(string lines, DateTimeOffset at, CancellationToken cancel)
    {
        try
        {
            await (Uri.TryCreate(options.Export, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" ? PostAsync(address!, lines, cancel) : AppendAsync(lines, at, cancel)).ConfigureAwait(false);
            if (_told)
                logger.LogInformation("The warehouse takes samples again");
            (_failedAt, _told) = (null, false);
            return true;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or UnauthorizedAccessException or OperationCanceledException && !cancel.IsCancellationRequested)
        {
            var why = Redactor.Text(e.Message);
            if (!_told)
                logger.LogWarning("Samples cannot be delivered to {Place}: {Reason}. They are kept for as long as retention.metrics says, and delivered later", Redactor.Text(options.Export), why);
            (_failedAt, _told) = (clock.GetTimestamp(), true);
            await samples.UndeliveredAsync(options.Export, why, cancel).ConfigureAwait(false);
            return false;
        }
    }

    private async Task PostAsync(Uri address, string lines, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new StringContent(lines, Encoding.UTF8, new MediaTypeHeaderValue("application/x-ndjson")) };
        if (options.ExportToken.Length > 0)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", options.ExportToken);
        using var answer = await _http.SendAsync(request, cancel).ConfigureAwait(false);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>On the disk before it is called delivered. Half a line that a crash left is ended, so that the next one is whole.</summary>
    private async Task AppendAsync(string lines, DateTimeOffset at, CancellationToken cancel)
    {
        Directory.CreateDirectory(options.Export);
        var name = Path.Combine(options.Export, string.Create(CultureInfo.InvariantCulture, $"samples-{at.UtcDateTime:yyyy-MM-dd}.jsonl"));
        await using var file = new FileStream(name, new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.Read });
        if (file.Length > 0)
        {
            file.Seek(-1, SeekOrigin.End);
            if (file.ReadByte() != '\n')
                file.WriteByte((byte)'\n');
        }
        await file.WriteAsync(Encoding.UTF8.GetBytes(lines), cancel).ConfigureAwait(false);
        file.Flush(flushToDisk: true);
    }

    private static string? Time(DateTimeOffset? at) => at is { } moment ? IsoTime.Text(moment) : null;
}
