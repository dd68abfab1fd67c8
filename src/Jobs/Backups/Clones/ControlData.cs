using System.Globalization;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Backups;

/// <summary>What pg_control says of a cluster that does not run.</summary>
public sealed class ControlData
{
    private readonly IReadOnlyDictionary<string, string> _lines;

    private ControlData(IReadOnlyDictionary<string, string> lines) => _lines = lines;

    public string SystemIdentifier => _lines["Database system identifier"];

    public bool DataChecksums => Number("Data page checksum version") != 0;

    public long SegmentBytes => Number("Bytes per WAL segment");

    public string State => _lines["Database cluster state"];

    public static async Task<ControlData> ReadAsync(string data, string program, CancellationToken cancel)
    {
        var (code, said) = await Programs.TryRunAsync([program, "-D", data], cancel).ConfigureAwait(false);
        var lines = said.Split('\n').Select(l => l.Split(':', 2)).Where(l => l.Length == 2)
            .DistinctBy(l => l[0], StringComparer.Ordinal).ToDictionary(l => l[0], l => l[1].Trim(), StringComparer.Ordinal);
        return code == 0 && lines.ContainsKey("Database system identifier") ? new(lines)
            : throw new HealingException($"global/pg_control of the copy cannot be read: {said.Trim()}", "The backup is not whole; take another one and look at the disk that holds it.");
    }

    /// <summary>What recovery needs at least as much of as there was where the WAL was written.</summary>
    public IEnumerable<(string Name, string Value)> Needs() =>
    [
        ("max_connections", Least("max_connections setting", 60)),
        ("max_worker_processes", Least("max_worker_processes setting", 8)),
        ("max_wal_senders", Least("max_wal_senders setting", 2)),
        ("max_prepared_transactions", Least("max_prepared_xacts setting", 0)),
        ("max_locks_per_transaction", Least("max_locks_per_xact setting", 256)),
        ("track_commit_timestamp", _lines.GetValueOrDefault("track_commit_timestamp setting", "off")),
    ];

    private string Least(string name, long least) => Math.Max(Number(name), least).ToString(CultureInfo.InvariantCulture);

    private long Number(string name) => long.TryParse(_lines.GetValueOrDefault(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
