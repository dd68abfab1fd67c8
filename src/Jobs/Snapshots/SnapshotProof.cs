namespace HealingWorkers.Jobs.Snapshots;

/// <summary>The token without which no repair can be called: evidence is kept, or its keeping was waived by configuration.</summary>
public sealed class SnapshotProof
{
    private SnapshotProof(long incident, long? snapshot, string kind, string statement) =>
        (Incident, Snapshot, Kind, Statement) = (incident, snapshot, kind, statement);

    public long Incident { get; }
    /// <summary>The ledger's id of the snapshot; null when waived.</summary>
    public long? Snapshot { get; }
    /// <summary>relation_files | evidence | waived.</summary>
    public string Kind { get; }
    /// <summary>What the receipt repeats.</summary>
    public string Statement { get; }

    internal static SnapshotProof Taken(long incident, long snapshot, string kind, string statement) => new(incident, snapshot, kind, statement);

    internal static SnapshotProof Waived(long incident) => new(incident, null, "waived", "waived by configuration");
}
