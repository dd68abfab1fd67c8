using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Options;

namespace HealingWorkers.Jobs.Backups;

/// <summary>The ways there are, and where backups lie.</summary>
public sealed class BackupWays
{
    private readonly IReadOnlyList<IBackupWay> _ways;

    public BackupWays(HealingOptions options)
    {
        Root = Path.GetFullPath(options.Backups.Directory is { Length: > 0 } own ? own : Path.Combine(options.StateDirectory, "backups"));
        Archive = new(Root);
        _ways = [new ByBaseBackup(Archive), new ByDump(), new ByPgBackRest(options.Backups.PgBackRest)];
    }

    public string Root { get; }

    public WalArchive Archive { get; }

    public IBackupWay Of(BackupProvider provider) => _ways.FirstOrDefault(w => w.Provider == provider)
        ?? throw new HealingException("no backups are made: backups.provider is none", "Set backups.provider, or backup of the target, to pg_basebackup, pg_dump or pgbackrest.");
}
