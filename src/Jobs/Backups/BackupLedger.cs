using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Backups;

/// <summary>What is known of backups: begun, complete, failed, removed, and what their newest proof said.</summary>
public sealed class BackupLedger(LedgerDb db)
{
    public async Task<long> BeginAsync(BackupBegin begin, CancellationToken cancel) =>
        await db.InTransactionAsync((connection, transaction) => connection.FirstAsync<long>(Sql.Of<BackupLedger>("backup_begin"), new
        {
            begin.TargetId, begin.Facts.Id.SystemIdentifier, Provider = begin.Provider.Name(), begin.Host, begin.Place, ServerVersion = begin.Facts.VersionNum, RunId = begin.Run,
        }, cancel, transaction), cancel).ConfigureAwait(false);

    /// <summary>Throws when somebody else has called it dead meanwhile.</summary>
    public async Task CompleteAsync(long id, TakenBackup taken, CancellationToken cancel)
    {
        var args = new { Id = id, taken.Place, taken.Label, taken.Bytes, taken.ServerBytes, Timeline = (long?)taken.Timeline, taken.WalFrom, taken.WalTo, taken.RestorePoint, taken.Counted };
        if (await db.DoAsync(Sql.Of<BackupLedger>("backup_complete"), args, cancel).ConfigureAwait(false) == 0)
        {
            throw new FencedException($"backup {id}", id);
        }
    }

    public Task FailAsync(long id, string error, CancellationToken cancel) => db.DoAsync(Sql.Of<BackupLedger>("backup_fail"), new { Id = id, Error = error }, cancel);

    /// <summary>Called before its files go, so that nobody counts on what is half removed. False when it is gone, or in use again, already.</summary>
    public async Task<bool> RemovedAsync(long id, string why, CancellationToken cancel) =>
        await db.DoAsync(Sql.Of<BackupLedger>("backup_removed"), new { Id = id, Why = why }, cancel).ConfigureAwait(false) == 1;

    /// <summary>For whoever holds the lease of a server: whatever still claims to run there is dead.</summary>
    public Task<int> AbandonAsync(string systemIdentifier, CancellationToken cancel) =>
        db.DoAsync(Sql.Of<BackupLedger>("backup_abandon"), new { SystemIdentifier = systemIdentifier }, cancel);

    public async Task<Backup?> FindAsync(long id, CancellationToken cancel) => (await ReadAsync(new Filter { Id = id, Whole = true, Limit = 1 }, cancel).ConfigureAwait(false)).SingleOrDefault();

    /// <summary>Newest first, without the count of each table.</summary>
    /// <param name="target">By its name; null for all.</param>
    /// <param name="removed">Those that are gone as well.</param>
    /// <param name="before">Only those with a smaller number.</param>
    public Task<IReadOnlyList<Backup>> ListAsync(string? target, bool removed, int limit, CancellationToken cancel, long? before = null) =>
        ReadAsync(new Filter { Target = target, Removed = removed, Before = before, Limit = limit }, cancel);

    /// <summary>What serves a target: its own, and the physical ones of its server. Newest first; removed ones are left out.</summary>
    public Task<IReadOnlyList<Backup>> ServingAsync(long target, string systemIdentifier, int limit, CancellationToken cancel) =>
        ReadAsync(new Filter { TargetId = target, SystemIdentifier = systemIdentifier, Whole = true, Limit = limit }, cancel);

    /// <summary>The newest complete one that serves a target and was not shown to be bad; null where there is none.</summary>
    public async Task<Backup?> NewestGoodAsync(long target, string systemIdentifier, CancellationToken cancel) =>
        (await ReadAsync(new Filter { TargetId = target, SystemIdentifier = systemIdentifier, Good = true, Whole = true, Limit = 1 }, cancel).ConfigureAwait(false)).SingleOrDefault();

    /// <summary>The places of backups that failed or were removed: nothing of them is to be there.</summary>
    public Task<IReadOnlyList<string>> OverAsync(CancellationToken cancel) => db.ListAsync<string>(Sql.Of<BackupLedger>("backup_over"), null, cancel);

    /// <summary>The targets of a server, or of all, whose WAL was received; none where it never was.</summary>
    public Task<IReadOnlyList<string>> WalTargetsAsync(string? systemIdentifier, CancellationToken cancel) =>
        db.ListAsync<string>(Sql.Of<BackupLedger>("wal_targets"), new { SystemIdentifier = systemIdentifier }, cancel);

    /// <summary>The targets of a server for which it is told that its WAL is not received.</summary>
    public Task<IReadOnlyList<long>> WalTroubledAsync(string systemIdentifier, CancellationToken cancel) =>
        db.ListAsync<long>(Sql.Of<BackupLedger>("wal_troubled"), new { SystemIdentifier = systemIdentifier }, cancel);

    /// <summary>What the target of a server is called that has been known for longest; null: none is.</summary>
    public Task<string?> OldestTargetAsync(string systemIdentifier, CancellationToken cancel) =>
        db.FirstAsync<string>(Sql.Of<BackupLedger>("target_oldest"), new { SystemIdentifier = systemIdentifier }, cancel);

    /// <summary>When the ledger first knew a target; null: it does not.</summary>
    public Task<DateTimeOffset?> KnownSinceAsync(long target, CancellationToken cancel) => db.FirstAsync<DateTimeOffset?>(Sql.Of<BackupLedger>("target_since"), new { Id = target }, cancel);

    private async Task<IReadOnlyList<Backup>> ReadAsync(Filter filter, CancellationToken cancel) =>
        [.. (await db.ListAsync<BackupRow>(Sql.Of<BackupLedger>("backup_list"), filter, cancel).ConfigureAwait(false)).Select(r => r.Read())];

    private sealed record Filter
    {
        public long? Id { get; init; }
        public string? Target { get; init; }
        public long? TargetId { get; init; }
        public string? SystemIdentifier { get; init; }
        public long? Before { get; init; }
        public bool Good { get; init; }
        public bool Removed { get; init; }
        /// <summary>With the count of each table, which may be thousands; a list is told only whether they are exact.</summary>
        public bool Whole { get; init; }
        public required int Limit { get; init; }
    }
}

/// <param name="Run">The run of a job that makes it; null: a person's command.</param>
public sealed record BackupBegin(long TargetId, TargetFacts Facts, BackupProvider Provider, string Host, string Place, long? Run);
