using HealingWorkers.Jobs.Backups;
using HealingWorkers.Jobs.Ledger;

namespace HealingWorkers.Dashboard.Fleet;

/// <summary>Backups as the API and the pages show them.</summary>
public sealed class BackupBook(LedgerDb db)
{
    private readonly BackupLedger _ledger = new(db);

    /// <param name="target">Those that serve it; null for all.</param>
    public async Task<IReadOnlyList<BackupShape>> ListAsync(string? target, bool removed, int limit, CancellationToken cancel, long? before = null) =>
        [.. (await _ledger.ListAsync(target, removed, limit, cancel, before)).Select(BackupShape.Of)];
}

/// <param name="Proof">proven | unproven | bad: what the newest restore of it said.</param>
/// <param name="CountedExactly">Whether the rows that were counted when it was taken can be compared with a restore; null: nothing was counted.</param>
public sealed record BackupShape(long Id, string Target, string Provider, string State, DateTimeOffset StartedAt, DateTimeOffset? EndedAt, long? Bytes, long? ServerBytes, long? BytesPerSecond,
    string Host, string Place, string? WalFrom, string? WalTo, string? RestorePoint, bool? CountedExactly, string Proof, DateTimeOffset? ProvenAt, string? Error)
{
    public static BackupShape Of(Backup b) => new(b.Id, b.TargetName, b.Provider.Name(), b.State.ToString().ToLowerInvariant(), b.StartedAt, b.EndedAt, b.Bytes, b.ServerBytes, b.Throughput,
        b.Host, b.Place, b.WalFrom, b.WalTo, b.RestorePoint, CountedRows.Of(b.Counted)?.Exact, b.ProofWord(), b.ProvenAt, b.Error ?? b.RemovedWhy);
}
