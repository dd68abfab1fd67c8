using System.Globalization;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Backups;

/// <summary>The WAL that a copy of files needs to become consistent, as its manifest names it.</summary>
internal static class CloneWal
{
    /// <summary>The first file that is not there, or not whole; null where all are, or nothing says which they are.</summary>
    public static async Task<string?> MissingAsync(string data, long segmentBytes, CancellationToken cancel)
    {
        if (segmentBytes == 0 || await IsFetchedAsync(data, cancel).ConfigureAwait(false))
        {
            return null;
        }
        foreach (var range in await BaseBackupManifest.WalAsync(data, cancel).ConfigureAwait(false))
        {
            for (var segment = Lsn.Of(range.Start) / segmentBytes; segment <= (Lsn.Of(range.End) - 1) / segmentBytes; segment++)
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
}
