using System.Text.Json;
using HealingWorkers.Jobs.Ledger;

namespace HealingWorkers.Jobs.Snapshots;

/// <summary>What a snapshot holds and where it came from; written last, as manifest.json, its hash kept in the ledger.</summary>
public sealed record SnapshotManifest
{
    public const string FileName = "manifest.json";
    public required string Kind { get; init; }
    public required long Incident { get; init; }
    public required int Attempt { get; init; }
    public required string Target { get; init; }
    public required string SystemIdentifier { get; init; }
    public required string Object { get; init; }
    public required string Way { get; init; }
    public required string? Lsn { get; init; }
    public required DateTimeOffset TakenAt { get; init; }
    public required IReadOnlyList<SnapshotRelation> Relations { get; init; }
    public required IReadOnlyList<SnapshotFile> Files { get; init; }
    public required string? Note { get; init; }
    /// <summary>Of a whole server: which of the files lists all others with their hashes.</summary>
    public string? List { get; init; }
    /// <summary>Of a backup: which of the files lists its WAL with its hashes.</summary>
    public string? WalList { get; init; }
    /// <summary>Of a whole server: the command that brings it back.</summary>
    public string? Restore { get; init; }

    /// <summary>Null where it cannot be read, as one that another version wrote.</summary>
    public static SnapshotManifest? Read(string json)
    {
        try
        {
            return JsonSerializer.Deserialize<SnapshotManifest>(json, LedgerJson.Options) is { Relations: not null, Files: not null } manifest ? manifest : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <param name="Missing">The server has no such file: its recorded absence is the snapshot of it.</param>
public sealed record SnapshotRelation(long Oid, string Name, string Path, long? FileNode, long Blocks, bool Missing);

/// <param name="Source">The path on the server, or what the file tells.</param>
public sealed record SnapshotFile(string Name, string Source, long Bytes, string Sha256);
