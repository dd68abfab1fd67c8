namespace HealingWorkers.Jobs.Snapshots;

/// <summary>A copy of the whole server that is kept before a repair.</summary>
public enum BaseSnapshot
{
    None,
    /// <summary>While it runs.</summary>
    BaseBackup,
    /// <summary>While it is stopped.</summary>
    DataDirectory,
}

public static class BaseSnapshotNames
{
    public static string Name(this BaseSnapshot kind) => kind switch
    {
        BaseSnapshot.BaseBackup => "base_backup",
        BaseSnapshot.DataDirectory => "data_directory",
        _ => "none",
    };
}
