namespace HealingWorkers.Jobs.Backups;

/// <summary>A row as it comes out of the ledger.</summary>
internal sealed record BackupRow
{
    public required long Id { get; init; }
    public required long TargetId { get; init; }
    public required string TargetName { get; init; }
    public required string SystemIdentifier { get; init; }
    public required string Provider { get; init; }
    public required string State { get; init; }
    public required DateTimeOffset StartedAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }
    public required string Host { get; init; }
    public required string Place { get; init; }
    public string? Label { get; init; }
    public long? Bytes { get; init; }
    public long? ServerBytes { get; init; }
    public required int ServerVersion { get; init; }
    public long? Timeline { get; init; }
    public string? WalFrom { get; init; }
    public string? WalTo { get; init; }
    public string? RestorePoint { get; init; }
    public string? Counted { get; init; }
    public string? Error { get; init; }
    public string? RemovedWhy { get; init; }
    public DateTimeOffset? ProvenAt { get; init; }
    public bool Disproven { get; init; }
    public bool InUse { get; init; }

    public Backup Read() => new(Id, TargetId, TargetName, SystemIdentifier, BackupProviderNames.Of(Provider), Enum.Parse<BackupState>(State, ignoreCase: true), StartedAt, EndedAt,
        Host, Place, Label, Bytes, ServerBytes, ServerVersion, RestorePoint, Counted, Error)
    {
        Timeline = Timeline,
        WalFrom = WalFrom,
        WalTo = WalTo,
        RemovedWhy = RemovedWhy,
        ProvenAt = ProvenAt,
        Disproven = Disproven,
        InUse = InUse,
    };
}
