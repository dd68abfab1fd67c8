using HealingWorkers.Jobs.Options;
using Npgsql;

namespace HealingWorkers.Jobs.Targets;

/// <summary>Connection strings that come from files: whoever renews a file need not restart anybody.</summary>
internal sealed class ConnectionWatch(TargetOptions options)
{
    private readonly Dictionary<string, (DateTime Written, long Length)> _seen = new(StringComparer.Ordinal);
    private readonly Lock _one = new();

    /// <summary>Takes over what has changed; true where something did. A file that is gone or makes no sense leaves what there is.</summary>
    public bool Renewed()
    {
        lock (_one)
        {
            var files = options.ConnectionFiles;
            return Renewed(files.Connection, options.Connection, text => options.Connection = text)
                | Renewed(files.Check, options.Connections.Check, text => options.Connections.Check = text)
                | Renewed(files.Repair, options.Connections.Repair, text => options.Connections.Repair = text)
                | Renewed(files.Surgery, options.Connections.Surgery, text => options.Connections.Surgery = text);
        }
    }

    private bool Renewed(string file, string now, Action<string> take)
    {
        if (file.Length == 0)
        {
            return false;
        }
        try
        {
            var info = new FileInfo(file);
            var stamp = (info.LastWriteTimeUtc, info.Exists ? info.Length : -1);
            if (!info.Exists || (_seen.TryGetValue(file, out var before) && before == stamp))
            {
                return false;
            }
            var text = File.ReadAllText(file).Trim();
            if (text != now && string.IsNullOrEmpty(new NpgsqlConnectionStringBuilder(text).Host))
            {
                return false;
            }
            _seen[file] = stamp;
            if (text == now)
            {
                return false;
            }
            take(text);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // what is in use goes on being used, and the file is read again at the next connection
            return false;
        }
    }
}
