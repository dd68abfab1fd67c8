using System.Globalization;

namespace HealingWorkers.Jobs.Backups;

/// <summary>What makes a restored server replay as far as is wanted, and nothing that it was told in its former life.</summary>
internal static class RecoverySettings
{
    private static readonly string[] Former = ["primary_conninfo", "primary_slot_name", "restore_command", "recovery_", "archive_cleanup_command", "archive_mode", "archive_command", "archive_library", "promote_trigger_file"];

    /// <param name="until">Null: as a crash is recovered from, to the end of the WAL in the directory.</param>
    /// <param name="fetch">The restore_command; `false` where all WAL lies in the directory.</param>
    public static async Task WriteAsync(string data, RestoreUntil? until, string fetch, CancellationToken cancel)
    {
        File.Delete(Path.Combine(data, "standby.signal"));
        File.Delete(Path.Combine(data, "recovery.signal"));
        var path = Path.Combine(data, "postgresql.auto.conf");
        var lines = (File.Exists(path) ? await File.ReadAllLinesAsync(path, cancel).ConfigureAwait(false) : [])
            .Where(l => !Former.Any(f => l.TrimStart().StartsWith(f, StringComparison.Ordinal))).Append("archive_mode = off");
        if (until is not null)
        {
            lines = lines.Concat([Line("restore_command", fetch), Line("recovery_target_action", "promote"), Line("recovery_target_timeline", until.Point is null ? "latest" : "current"), .. Target(until)]);
            await File.WriteAllTextAsync(Path.Combine(data, "recovery.signal"), "", cancel).ConfigureAwait(false);
        }
        await File.WriteAllLinesAsync(path, lines.ToList(), cancel).ConfigureAwait(false);
    }

    private static IEnumerable<string> Target(RestoreUntil until)
    {
        if (until.Point is { } point)
        {
            yield return Line("recovery_target_name", point);
        }
        else if (until.Lsn is { } lsn)
        {
            yield return Line("recovery_target_lsn", lsn);
        }
        else if (until.Time is { } time)
        {
            yield return Line("recovery_target_time", time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.ffffff'+00'", CultureInfo.InvariantCulture));
        }
    }

    private static string Line(string name, string value) => $"{name} = '{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "''", StringComparison.Ordinal)}'";
}
