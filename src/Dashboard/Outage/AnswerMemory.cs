using System.Globalization;
using HealingWorkers.Jobs.Telemetry;
using Microsoft.AspNetCore.Http;

namespace HealingWorkers.Dashboard.Outage;

/// <summary>The last good answers of the API, for the time when the control database is away; bounded in number and in size.</summary>
internal sealed class AnswerMemory
{
    private const int Most = 300;
    private const long MostBytes = 8L << 20;
    private const int Largest = 256 * 1024;

    private readonly Lock _one = new();
    private readonly Dictionary<string, Entry> _known = new(StringComparer.Ordinal);
    private long _bytes;
    private long _uses;

    public void Keep(string key, string? type, ReadOnlyMemory<byte> body, DateTimeOffset at)
    {
        if (body.Length > Largest || type?.StartsWith("application/json", StringComparison.OrdinalIgnoreCase) != true)
            return;
        lock (_one)
        {
            Forget(key);
            _known[key] = new Entry(new KnownAnswer(type, body.ToArray(), at)) { Used = ++_uses };
            _bytes += body.Length;
            while (_known.Count > Most || _bytes > MostBytes)
                Forget(_known.MinBy(k => k.Value.Used).Key);
        }
    }

    public KnownAnswer? Find(string key)
    {
        lock (_one)
        {
            if (!_known.TryGetValue(key, out var entry))
                return null;
            entry.Used = ++_uses;
            return entry.Answer;
        }
    }

    private void Forget(string key)
    {
        if (_known.Remove(key, out var entry))
            _bytes -= entry.Answer.Body.Length;
    }

    private sealed class Entry(KnownAnswer answer)
    {
        public KnownAnswer Answer => answer;
        public long Used { get; set; }
    }
}

internal sealed record KnownAnswer(string Type, byte[] Body, DateTimeOffset At)
{
    public const string AsOf = "Healing-As-Of";

    /// <summary>Marked as old: RFC 9111's Age and Warning, and when it was so.</summary>
    public async Task WriteAsync(HttpContext context, DateTimeOffset now)
    {
        var response = context.Response;
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = Type;
        response.Headers.Age = ((long)(now - At).TotalSeconds).ToString(CultureInfo.InvariantCulture);
        response.Headers.Warning = "110 - \"the control database is away: this is the last known state\"";
        response.Headers[AsOf] = IsoTime.Text(At);
        await response.Body.WriteAsync(Body, context.RequestAborted);
    }
}
