using HealingWorkers.Jobs.Errors;
using Microsoft.Extensions.Logging;

namespace HealingWorkers.Dashboard.Access;

/// <summary>The entries of a file, read again when it changes. A file that cannot be trusted lets nobody in.</summary>
public sealed class AccessBook<T>(AccessFile<T>? file, TimeProvider clock, ILogger log) where T : class, IAccessEntry
{
    private static readonly TimeSpan Fresh = TimeSpan.FromMilliseconds(300);
    private readonly Lock _one = new();
    private Dictionary<string, T> _entries = new(StringComparer.Ordinal);
    private (DateTime Changed, long Length, UnixFileMode Mode)? _seen;
    private long? _lookedAt;

    public int Count => Entries().Count;

    public T? Find(string key) => Entries().GetValueOrDefault(key);

    private Dictionary<string, T> Entries()
    {
        if (file is null)
            return _entries;
        lock (_one)
        {
            if (_lookedAt is { } at && clock.GetElapsedTime(at) < Fresh)
                return _entries;
            _lookedAt = clock.GetTimestamp();
            var info = new FileInfo(file.Path);
            var now = info.Exists ? (info.LastWriteTimeUtc, info.Length, info.UnixFileMode) : default;
            if (_seen == now)
                return _entries;
            try
            {
                _entries = file.Read().ToDictionary(e => e.Key, StringComparer.Ordinal);
            }
            catch (Exception e) when (e is HealingException or ArgumentException)
            {
                log.LogError("nobody can log in by this file until it is put right: {Problem}; {Hint}", e.Message, (e as HealingException)?.Hint ?? "a name is there twice");
                _entries = new(StringComparer.Ordinal);
            }
            _seen = now;
            return _entries;
        }
    }
}
