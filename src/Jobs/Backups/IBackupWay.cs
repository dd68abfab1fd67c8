using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Snapshots;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Backups;

/// <summary>One way to back a target up and to get it back.</summary>
public interface IBackupWay
{
    BackupProvider Provider { get; }

    /// <summary>Where what it makes lies. A repository has a place of its own, which only its configuration knows: it goes by the state directory beside it.</summary>
    Storage Storage { get; }

    /// <summary>Why it cannot be gone here, as a person would want to read it; null when it can.</summary>
    Task<string?> WhyNotAsync(BackupRequest request, CancellationToken cancel);

    /// <summary>Why its disk would become too full; null when there is room, or nobody here can see that.</summary>
    Task<string?> NoRoomAsync(BackupRequest request, CancellationToken cancel);

    /// <summary>Throws <see cref="Errors.HealingException"/> when it fails; what it had begun is removed.</summary>
    Task<TakenBackup> TakeAsync(BackupRequest request, CancellationToken cancel);

    /// <summary>
    /// Physical: a data directory below <paramref name="directory"/> (empty, and of the server's user afterwards), ready to be started
    /// and brought to consistency. Logical: the dump's archive is checked and its path returned. What is not as it was taken is refused.
    /// </summary>
    /// <param name="until">Where the replay of WAL stops; null: at the restore point where there is one, else at the end of the backup's own WAL.</param>
    /// <returns>The path to start from, or to hand to pg_restore.</returns>
    Task<string> RestoreAsync(Backup backup, string directory, RestoreUntil? until, CancellationToken cancel);

    /// <summary>Whether a repository that removes by its own rules has removed it. A directory that is not seen may only be a disk that is not mounted.</summary>
    Task<bool> IsExpiredAsync(Backup backup, CancellationToken cancel) => Task.FromResult(false);

    /// <summary>Its files, or what the repository has of it; nothing happens where they are gone.</summary>
    Task RemoveAsync(Backup backup, CancellationToken cancel)
    {
        BackupFiles.Remove(backup.Place);
        return Task.CompletedTask;
    }
}

/// <param name="Place">The directory that is to hold it, which is not there yet.</param>
/// <param name="Programs">Where PostgreSQL's programs are, by configuration; may be empty.</param>
public sealed record BackupRequest(Target Target, TargetFacts Facts, BackupOptions Options, string Place, string Programs)
{
    /// <summary>Free bytes on the disk of a directory.</summary>
    public Func<string, long> FreeSpace { get; init; } = static place => new DriveInfo(place).AvailableFreeSpace;

    /// <summary>Told how far it is.</summary>
    public Action<string> Say { get; init; } = static _ => { };

    public string Name => Path.GetFileName(Place);

    internal SnapshotManifest Manifest(string way) => new()
    {
        Kind = "backup",
        Incident = 0,
        Attempt = 0,
        Target = Target.Name,
        SystemIdentifier = Facts.Id.SystemIdentifier,
        Object = "",
        Way = way,
        Lsn = null,
        TakenAt = Target.Clock.GetUtcNow(),
        Relations = [],
        Files = [],
        Note = null,
    };
}

/// <param name="Counted">JSON of what was counted: see <see cref="Backup.Counted"/>.</param>
public sealed record TakenBackup(string Place, string? Label, long Bytes, long ServerBytes, uint? Timeline, string? WalFrom, string? WalTo, string? RestorePoint, string? Counted);

/// <summary>A point that a restore goes to: one of the three, or none of them for as far as WAL goes.</summary>
public sealed record RestoreUntil(DateTimeOffset? Time = null, string? Lsn = null, string? Point = null)
{
    /// <summary>As far as there is WAL.</summary>
    public static readonly RestoreUntil End = new();
}
