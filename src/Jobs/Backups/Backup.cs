using HealingWorkers.Jobs.Options;

namespace HealingWorkers.Jobs.Backups;

/// <summary>A backup as the ledger knows it.</summary>
/// <param name="Place">The directory that holds it; of pgbackrest, the repository's name for it is the label.</param>
/// <param name="Counted">JSON: what was counted when it was taken; null where nothing was.</param>
public sealed record Backup(
    long Id, long TargetId, string TargetName, string SystemIdentifier, BackupProvider Provider, BackupState State, DateTimeOffset StartedAt, DateTimeOffset? EndedAt,
    string Host, string Place, string? Label, long? Bytes, long? ServerBytes, int ServerVersion, string? RestorePoint, string? Counted, string? Error)
{
    /// <summary>When a restore of it was last proven to be right; null: never.</summary>
    public DateTimeOffset? ProvenAt { get; init; }

    /// <summary>The last proof failed.</summary>
    public bool Disproven { get; init; }

    /// <summary>A copy of files, and of the whole server; else a dump of one database.</summary>
    public bool IsPhysical => Provider != BackupProvider.PgDump;
}

public enum BackupState { Running, Complete, Failed, Removed }
