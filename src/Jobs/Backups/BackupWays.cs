using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Snapshots;

namespace HealingWorkers.Jobs.Backups;

/// <summary>The ways there are, and where backups lie.</summary>
public sealed class BackupWays
{
    private readonly IReadOnlyList<IBackupWay> _ways;

    public BackupWays(HealingOptions options)
    {
        Root = Path.GetFullPath(options.Backups.Directory is { Length: > 0 } own ? own : Path.Combine(options.StateDirectory, "backups"));
        Archive = new(Root);
        var state = new Storage(options.StateDirectory);
        var files = options.Backups.Directory is { Length: > 0 } ? new Storage(Root) : state;
        _ways = [new ByBaseBackup(Archive, files), new ByDump(files), new ByPgBackRest(options.Backups.PgBackRest, state)];
    }

    public string Root { get; }

    public WalArchive Archive { get; }

    /// <summary>Whether it can be restored, and removed, from here.</summary>
    public bool IsHere(Backup backup) => BackupFiles.IsHere(backup, Of(backup.Provider).Storage);

    public IBackupWay Of(BackupProvider provider) => _ways.FirstOrDefault(w => w.Provider == provider)
        ?? throw new HealingException("no backups are made: backups.provider is none", "Set backups.provider, or backup of the target, to pg_basebackup, pg_dump or pgbackrest.");
}
