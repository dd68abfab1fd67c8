using HealingWorkers.Jobs.Options;

namespace HealingWorkers.Jobs.Backups;

/// <summary>Providers as the ledger and people call them.</summary>
public static class BackupProviderNames
{
    public static string Name(this BackupProvider provider) => provider switch
    {
        BackupProvider.PgBasebackup => "pg_basebackup",
        BackupProvider.PgDump => "pg_dump",
        BackupProvider.Pgbackrest => "pgbackrest",
        _ => "none",
    };

    public static BackupProvider Of(string name) => Enum.GetValues<BackupProvider>().First(p => p.Name() == name);

    /// <summary>What a target is backed up by.</summary>
    public static BackupProvider ProviderOf(this BackupOptions backups, TargetOptions target) => target.Backup ?? backups.Provider;
}
