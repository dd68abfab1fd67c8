using System.Globalization;

namespace HealingWorkers.Drill;

/// <summary>postgresql.conf of a test server: small, quick, and the same on every machine.</summary>
internal static class PgConfiguration
{
    public static async Task WriteAsync(
        string dataDirectory, string socketDirectory, int port, PgClusterOptions options, CancellationToken ct)
    {
        var settings = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["autovacuum"] = "off",
            ["datestyle"] = "iso, mdy",
            // Not in /dev/shm: there a killed server leaves its segments for ever.
            ["dynamic_shared_memory_type"] = "mmap",
            ["fsync"] = "off",
            ["jit"] = "off",
            ["listen_addresses"] = options.Tcp ? "127.0.0.1" : "",
            ["log_line_prefix"] = "%m [%p] %q%u@%d %a ",
            ["max_connections"] = "200",
            ["max_wal_senders"] = "5",
            ["max_worker_processes"] = "8",
            ["port"] = port.ToString(CultureInfo.InvariantCulture),
            ["shared_buffers"] = "16MB",
            ["timezone"] = "UTC",
            ["unix_socket_directories"] = socketDirectory,
            ["wal_level"] = "replica",
        };
        foreach (var (name, value) in options.Settings)
        {
            settings[name] = value;
        }
        var path = Path.Combine(dataDirectory, "postgresql.conf");
        await File.WriteAllLinesAsync(
            path, settings.Select(s => $"{s.Key} = '{s.Value.Replace("'", "''", StringComparison.Ordinal)}'"), ct);
        ServerUser.Current.Own(path);
    }
}
