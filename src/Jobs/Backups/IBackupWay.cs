using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Backups;

/// <summary>One way to back a target up and to get it back.</summary>
public interface IBackupWay
{
    BackupProvider Provider { get; }

    /// <summary>Why it cannot be gone here, as a person would want to read it; null when it can.</summary>
    Task<string?> WhyNotAsync(BackupRequest request, CancellationToken cancel);

    /// <summary>Throws <see cref="Errors.HealingException"/> when it fails; what it had begun is removed.</summary>
    Task<TakenBackup> TakeAsync(BackupRequest request, CancellationToken cancel);

    /// <summary>
    /// Physical: the files of a data directory in <paramref name="directory"/> (empty, and of the server's user afterwards), ready to be started
    /// and brought to consistency (to the restore point where there is one). Logical: the dump's archive is checked and its path returned.
    /// </summary>
    /// <returns>The path to start from, or to hand to pg_restore.</returns>
    Task<string> RestoreAsync(Backup backup, string directory, CancellationToken cancel);

    Task RemoveAsync(Backup backup, CancellationToken cancel);
}

/// <param name="Place">An empty directory of its own.</param>
/// <param name="Programs">Where PostgreSQL's programs are, by configuration; may be empty.</param>
public sealed record BackupRequest(Target Target, TargetFacts Facts, BackupOptions Options, string Place, string Programs);

/// <param name="Counted">JSON of what was counted: see <see cref="Backup.Counted"/>.</param>
public sealed record TakenBackup(string Place, string? Label, long Bytes, long ServerBytes, uint? Timeline, string? WalFrom, string? WalTo, string? RestorePoint, string? Counted);
