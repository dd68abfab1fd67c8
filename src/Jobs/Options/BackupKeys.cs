using static HealingWorkers.Jobs.Options.ConfigType;

namespace HealingWorkers.Jobs.Options;

/// <summary>The keys of backups, their proof, and of rehearsals.</summary>
internal static class BackupKeys
{
    private const string Backups = "backups.";
    private const string Target = "targets[].";

    public static readonly IReadOnlyList<ConfigKey> All =
    [
        Key("provider", Choice<BackupProvider>(), "pg_basebackup", "How servers are backed up; none makes no backups.", (b, v) => b.Provider = (BackupProvider)v!),
        Key("every", Recurrence, "1d", "How often db.backup runs.", (b, v) => b.Every = (string)v!),
        Key("directory", ConfigType.Path, "", "Where backups are kept; empty is `backups` under state_directory.", (b, v) => b.Directory = (string)v!),
        Key("keep.daily", Number(1, 366), "7", "Of so many days the newest backup is kept.", (b, v) => b.Keep.Daily = (int)v!),
        Key("keep.weekly", Number(0, 520), "4", "Of so many weeks the newest backup is kept.", (b, v) => b.Keep.Weekly = (int)v!),
        Key("keep.monthly", Number(0, 240), "6", "Of so many months the newest backup is kept.", (b, v) => b.Keep.Monthly = (int)v!),
        Key("prove", Recurrence, "1w", "How often db.restore_test restores the newest backup and compares it.", (b, v) => b.Prove = (string)v!),
        Key("prove_up_to", Size, "100GB", "A larger backup is not restored here.", (b, v) => b.ProveUpTo = (long)v!),
        Key("wal", Flag, "false", "Whether WAL is received all the time (pg_receivewal on a slot), so that a restore reaches any point since a backup. The server must bound its slots: max_slot_wal_keep_size.", (b, v) => b.Wal = (bool)v!),
        Key("wal_up_to", Size, "10GB", "How much WAL that slot may hold back on the server; beyond it a worker drops the slot, and it is told.", (b, v) => b.WalUpTo = (long)v!),
        Key("late_after", Duration(TimeSpan.FromHours(1), TimeSpan.FromDays(90)), "2d", "Without a good backup for so long, an incident says so.", (b, v) => b.LateAfter = (TimeSpan)v!),
        Key("pgbackrest.config", ConfigType.Path, "", "pgbackrest's configuration file; empty is its own default.", (b, v) => b.PgBackRest.Config = (string)v!),
        Key("pgbackrest.stanza", Text, "", "The stanza in it; empty is the target's name.", (b, v) => b.PgBackRest.Stanza = (string)v!),

        new("rehearsal.rule", Choice<RehearsalRule>(), "when_possible", "Whether a quarantining or locking repair is tried on a disposable copy first, and done only where that went well; when_possible: where no copy can be had, it goes on without; always: without a rehearsal there is no such repair.", (o, v) => ((HealingOptions)o).Rehearsal.Rule = (RehearsalRule)v!),
        new("rehearsal.up_to", Size, "5GB", "On a larger server such a repair is not rehearsed, unless the target says rehearse: true.", (o, v) => ((HealingOptions)o).Rehearsal.UpTo = (long)v!),

        new(Target + "backup", Optional(Choice<BackupProvider>()), "", "This target's own way of backup; empty is backups.provider.", (t, v) => ((TargetOptions)t).Backup = (BackupProvider?)v),
        new(Target + "rehearse", Optional(Flag), "", "Whether repairs of this target are rehearsed, whatever its size; empty goes by rehearsal.rule.", (t, v) => ((TargetOptions)t).Rehearse = (bool?)v),
    ];

    private static ConfigKey Key(string key, ConfigType type, string initial, string description, Action<BackupOptions, object?> bind) =>
        new(Backups + key, type, initial, description, (o, v) => bind(((HealingOptions)o).Backups, v));
}
