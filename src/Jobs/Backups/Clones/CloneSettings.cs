using System.Text.RegularExpressions;

namespace HealingWorkers.Jobs.Backups;

/// <summary>
/// How a disposable server runs: on a socket of its own and on no port, for nobody but us; it archives nothing, sends nothing, follows nobody,
/// subscribes to nothing, and loads no library at its start, since some of those begin to work by themselves.
/// </summary>
internal static partial class CloneSettings
{
    private static readonly string[] Stale = ["postmaster.pid", "postmaster.opts", "standby.signal"];

    /// <summary>Of the original's own settings nothing is kept but where a restore said how far to go.</summary>
    public static async Task WriteAsync(string folder, string data, string socket, ControlData control, int major, bool keepRecovery, CancellationToken cancel)
    {
        foreach (var stale in Stale.Concat(keepRecovery ? [] : ["recovery.signal"]))
        {
            File.Delete(Path.Combine(data, stale));
        }
        var auto = Path.Combine(data, "postgresql.auto.conf");
        var kept = keepRecovery && File.Exists(auto) ? (await File.ReadAllLinesAsync(auto, cancel).ConfigureAwait(false)).Where(l => Recovery().IsMatch(l)) : [];
        await File.WriteAllLinesAsync(auto, kept, cancel).ConfigureAwait(false);
        await File.WriteAllTextAsync(Path.Combine(folder, "pg_hba.conf"), "local all all trust\n", cancel).ConfigureAwait(false);
        await File.WriteAllTextAsync(Path.Combine(folder, "pg_ident.conf"), "", cancel).ConfigureAwait(false);
        var lines = Fixed(folder, socket).Concat(major >= 17 ? [("event_triggers", "off")] : []).Concat(control.Needs()).Select(s => $"{s.Name} = '{s.Value.Replace("'", "''", StringComparison.Ordinal)}'");
        await File.WriteAllLinesAsync(Path.Combine(folder, "postgresql.conf"), lines, cancel).ConfigureAwait(false);
    }

    private static IEnumerable<(string Name, string Value)> Fixed(string folder, string socket) =>
    [
        ("hba_file", Path.Combine(folder, "pg_hba.conf")),
        ("ident_file", Path.Combine(folder, "pg_ident.conf")),
        ("listen_addresses", ""),
        ("port", "5432"),
        ("unix_socket_directories", socket),
        ("unix_socket_permissions", "0700"),
        ("archive_mode", "off"),
        ("hot_standby", "off"),
        ("recovery_target_action", "promote"),
        ("max_logical_replication_workers", "0"),
        ("shared_preload_libraries", ""),
        ("autovacuum", "off"),
        ("logging_collector", "off"),
        ("log_destination", "stderr"),
        ("log_line_prefix", ""),
        ("lc_messages", "C"),
        // it is thrown away: what a crash of this machine would do to it is nobody's concern
        ("fsync", "off"),
        ("synchronous_commit", "off"),
        ("shared_buffers", "64MB"),
        ("huge_pages", "off"),
    ];

    [GeneratedRegex(@"\A\s*(?:restore_command|recovery_target\w*)\s*=", RegexOptions.IgnoreCase, 1000)]
    private static partial Regex Recovery();
}
