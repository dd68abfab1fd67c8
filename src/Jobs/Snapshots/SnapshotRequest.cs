using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Snapshots;

/// <param name="Relations">Relations whose files are wanted, by oid; none for a repair whose evidence is enough.</param>
/// <param name="Definitions">How to make each index again, by its quoted name.</param>
/// <param name="Derived">True where evidence may stand in for files that cannot be had.</param>
public sealed record SnapshotRequest(
    Target Target, TargetFacts Facts, NpgsqlConnection Connection, Incident Incident, int Attempt,
    IReadOnlyList<long> Relations, IReadOnlyDictionary<string, string> Definitions, bool Derived)
{
    /// <summary>Single pages of other relations, whose files are not wanted whole.</summary>
    public IReadOnlyList<WantedPages> Pages { get; init; } = [];
    /// <summary>A relation for which there is no room is left out and named, where otherwise nothing would be kept.</summary>
    public bool AsRoomAllows { get; init; }
}

/// <param name="Oid">The relation that they are of.</param>
public sealed record WantedPages(long Oid, IReadOnlyList<long> Blocks)
{
    /// <summary>What the file is called that holds one page alone.</summary>
    public static string FileOf(long oid, long block) => FormattableString.Invariant($"{oid}_{block}.page");
}

/// <param name="Kind">relation_files | evidence.</param>
/// <param name="Sha256">Of the manifest, which holds the hash of every file.</param>
public sealed record TakenSnapshot(string Kind, string Place, long Bytes, string Sha256, string Manifest, string Statement);
