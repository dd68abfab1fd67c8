namespace HealingWorkers.Jobs.Options;

/// <summary>Backups of the targets' servers, how long they are kept, and how often one is proven by a restore.</summary>
public sealed class BackupOptions
{
    public BackupProvider Provider { get; set; } = BackupProvider.PgBasebackup;
    public string Every { get; set; } = "1d";
    /// <summary>Empty: `backups` under the state directory.</summary>
    public string Directory { get; set; } = "";
    public KeepOptions Keep { get; set; } = new();
    public string Prove { get; set; } = "1w";
    /// <summary>A larger server is not restored here for a proof.</summary>
    public long ProveUpTo { get; set; } = 100L << 30;
    /// <summary>Whether WAL is received between backups, so that a restore reaches any point.</summary>
    public bool Wal { get; set; }
    /// <summary>How much WAL the slot may hold back on the server before it is given up.</summary>
    public long WalUpTo { get; set; } = 10L << 30;
    /// <summary>Without a good backup for so long, it is told.</summary>
    public TimeSpan LateAfter { get; set; } = TimeSpan.FromDays(2);
    public PgBackRestOptions PgBackRest { get; set; } = new();
}

public enum BackupProvider { None, PgBasebackup, PgDump, Pgbackrest }

/// <summary>The newest of so many days, weeks and months are kept.</summary>
public sealed class KeepOptions
{
    public int Daily { get; set; } = 7;
    public int Weekly { get; set; } = 4;
    public int Monthly { get; set; } = 6;
}

public sealed class PgBackRestOptions
{
    /// <summary>Empty: its own default.</summary>
    public string Config { get; set; } = "";
    public string Stanza { get; set; } = "";
}

/// <summary>Whether a repair is tried on a disposable copy first.</summary>
public sealed class RehearsalOptions
{
    public RehearsalRule Rule { get; set; } = RehearsalRule.WhenPossible;
    /// <summary>A larger server is not copied for it, unless the target asks for it.</summary>
    public long UpTo { get; set; } = 5L << 30;
}

public enum RehearsalRule { Always, WhenPossible, Never }
