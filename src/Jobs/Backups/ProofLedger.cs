using System.Text.Json;
using HealingWorkers.Jobs.Ledger;

namespace HealingWorkers.Jobs.Backups;

/// <summary>What came of restoring backups, each time.</summary>
public sealed class ProofLedger(LedgerDb db)
{
    /// <summary>While it is not ended, nobody removes the backup.</summary>
    public Task<long> BeginAsync(long backup, string storage, long? run, CancellationToken cancel) => db.InTransactionAsync((connection, transaction) =>
        connection.FirstAsync<long>(Sql.Of<ProofLedger>("proof_begin"), new { Backup = backup, Host = storage, Run = run }, cancel, transaction), cancel);

    public Task EndAsync(long id, ProofReport report, CancellationToken cancel) => db.DoAsync(Sql.Of<ProofLedger>("proof_end"), new
    {
        Id = id,
        Outcome = report.Outcome,
        Phases = JsonSerializer.Serialize(report.Phases, LedgerJson.Options),
        Report = JsonSerializer.Serialize(report, LedgerJson.Options),
        report.Checksums,
        report.Bytes,
        Error = report.Proven ? null : Text.Bounded(report.Why, 8000),
    }, cancel);

    /// <summary>It came to no result, which says nothing about the backup.</summary>
    public Task BrokenOffAsync(long id, string why, CancellationToken cancel) => db.DoAsync(Sql.Of<ProofLedger>("proof_broken_off"), new { Id = id, Error = Text.Bounded(why, 2000) }, cancel);

    /// <summary>For whoever holds the lease of this place: what still claims to go on in it belongs to a dead process.</summary>
    public Task AbandonAsync(string storage, CancellationToken cancel) => db.DoAsync(Sql.Of<ProofLedger>("proof_abandon"), new { Host = storage }, cancel);

    /// <summary>Whether a newer one that serves the same database was not proven when it was last restored.</summary>
    public Task<bool> HasNewerOpenAsync(Backup backup, CancellationToken cancel) =>
        db.FirstAsync<bool>(Sql.Of<ProofLedger>("proof_newer_open"), new { backup.Id, backup.TargetId, backup.SystemIdentifier }, cancel);

    /// <summary>Newest first.</summary>
    /// <param name="target">By its name, with what was proven for its server; null for all.</param>
    /// <param name="before">Only those with a smaller number.</param>
    public Task<IReadOnlyList<ProofRow>> ListAsync(string? target, int limit, CancellationToken cancel, long? before = null) =>
        db.ListAsync<ProofRow>(Sql.Of<ProofLedger>("proof_list"), new { Target = target, Limit = limit, Before = before }, cancel);

    /// <summary>The live databases that a backup holds, as far as the ledger knows them.</summary>
    public Task<IReadOnlyList<KnownDatabase>> DatabasesAsync(Backup backup, CancellationToken cancel) =>
        db.ListAsync<KnownDatabase>(Sql.Of<ProofLedger>("proof_databases"), new { backup.TargetId, backup.SystemIdentifier, Physical = backup.IsPhysical }, cancel);
}

public sealed record KnownDatabase
{
    public required long Id { get; init; }
    public required string Name { get; init; }
    public required string Database { get; init; }
    public required long DatabaseOid { get; init; }
}

public sealed record ProofRow
{
    public required long Id { get; init; }
    public required long BackupId { get; init; }
    public required string Target { get; init; }
    public required string Provider { get; init; }
    public required DateTimeOffset BackupStartedAt { get; init; }
    public required DateTimeOffset StartedAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }
    public required string Host { get; init; }
    /// <summary>proven | failed; null while it goes on, where it was broken off, and where a check came to no result.</summary>
    public string? Outcome { get; init; }
    /// <summary>JSON: seconds by phase.</summary>
    public required string Phases { get; init; }
    /// <summary>JSON: findings, comparisons, and what was not compared.</summary>
    public string? Report { get; init; }
    /// <summary>verified | failed | off; null where it did not come to that.</summary>
    public string? Checksums { get; init; }
    public long? Bytes { get; init; }
    public string? Error { get; init; }

    public double? Seconds => (EndedAt - StartedAt)?.TotalSeconds;
}
