using HealingWorkers.Jobs.Options;

namespace HealingWorkers.Jobs.Backups;

/// <summary>A backup as the ledger knows it.</summary>
/// <param name="Place">The directory that holds it; of pgbackrest its configuration, and the repository's name for it is the label.</param>
/// <param name="Label">Of pgbackrest the name of it in the repository; else the SHA-256 of its manifest.</param>
/// <param name="Counted">JSON: what was counted when it was taken; null where nothing was.</param>
public sealed record Backup(
    long Id, long TargetId, string TargetName, string SystemIdentifier, BackupProvider Provider, BackupState State, DateTimeOffset StartedAt, DateTimeOffset? EndedAt,
    string Host, string Place, string? Label, long? Bytes, long? ServerBytes, int ServerVersion, string? RestorePoint, string? Counted, string? Error)
{
    /// <summary>When a restore of it was last proven to be right; null: never.</summary>
    public DateTimeOffset? ProvenAt { get; init; }

    /// <summary>The last proof failed.</summary>
    public bool Disproven { get; init; }

    /// <summary>A restore of it goes on right now.</summary>
    public bool InUse { get; init; }

    public long? Timeline { get; init; }
    public string? WalFrom { get; init; }
    public string? WalTo { get; init; }
    public string? RemovedWhy { get; init; }

    public bool IsGood => State == BackupState.Complete && !Disproven;

    /// <summary>What a person is told of its proof; of what is no backup there is none.</summary>
    public string ProofWord() => State != BackupState.Complete ? "" : Disproven ? "bad" : ProvenAt is null ? "unproven" : "proven";

    /// <summary>Every page was read anew for it; what builds upon an earlier one keeps what that has of a file that nobody has written to since.</summary>
    public bool IsReadAnew => IsPhysical && (Provider != BackupProvider.Pgbackrest || Label?.Contains('_', StringComparison.Ordinal) == false);

    public TimeSpan? Took => EndedAt - StartedAt;

    /// <summary>Bytes of the server a second.</summary>
    public long? Throughput => Took is { TotalSeconds: > 0 } took && ServerBytes is { } bytes ? (long)(bytes / took.TotalSeconds) : null;

    /// <summary>A copy of files, and of the whole server; else a dump of one database.</summary>
    public bool IsPhysical => Provider != BackupProvider.PgDump;
}

public enum BackupState { Running, Complete, Failed, Removed }
