using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace HealingWorkers.Jobs.Backups;

/// <summary>The WAL that a copy of files needs to become consistent, as its manifest names it.</summary>
internal static class CloneWal
{
    /// <summary>The first file that is not there, or not whole; null where all are, or nothing says which they are.</summary>
    public static async Task<string?> MissingAsync(string data, long segmentBytes, CancellationToken cancel)
    {
        var file = Path.Combine(data, "backup_manifest");
        if (!File.Exists(file) || segmentBytes == 0 || await IsFetchedAsync(data, cancel).ConfigureAwait(false))
        {
            return null;
        }
        Manifest? manifest;
        await using (var text = File.OpenRead(file))
        {
            try
            {
                manifest = await JsonSerializer.DeserializeAsync<Manifest>(text, cancellationToken: cancel).ConfigureAwait(false);
            }
            catch (JsonException)
            {
                return null;
            }
        }
        foreach (var range in manifest?.Ranges ?? [])
        {
            for (var segment = Position(range.Start) / segmentBytes; segment <= (Position(range.End) - 1) / segmentBytes; segment++)
            {
                var perLog = 0x1_0000_0000 / segmentBytes;
                var name = string.Create(CultureInfo.InvariantCulture, $"{range.Timeline:X8}{segment / perLog:X8}{segment % perLog:X8}");
                var wal = new FileInfo(Path.Combine(data, "pg_wal", name));
                if (!wal.Exists || wal.Length != segmentBytes)
                {
                    return name;
                }
            }
        }
        return null;
    }

    /// <summary>From somewhere else than the directory itself.</summary>
    private static async Task<bool> IsFetchedAsync(string data, CancellationToken cancel) =>
        File.Exists(Path.Combine(data, "recovery.signal"))
        && (await File.ReadAllLinesAsync(Path.Combine(data, "postgresql.auto.conf"), cancel).ConfigureAwait(false)).Any(l => l.StartsWith("restore_command", StringComparison.Ordinal) && !l.Contains("'false'", StringComparison.Ordinal));

    private static long Position(string lsn)
    {
        var parts = lsn.Split('/');
        return (long.Parse(parts[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) << 32) + long.Parse(parts[1], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
    }

    private sealed record Manifest([property: JsonPropertyName("WAL-Ranges")] IReadOnlyList<Range>? Ranges);

    private sealed record Range(
        [property: JsonPropertyName("Timeline")] uint Timeline, [property: JsonPropertyName("Start-LSN")] string Start, [property: JsonPropertyName("End-LSN")] string End);
}
