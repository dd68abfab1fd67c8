using System.Text.Json.Serialization;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;

namespace HealingWorkers.Jobs.Backups;

/// <summary>What came of restoring a backup and looking at all of it.</summary>
public sealed record ProofReport
{
    /// <summary>What is wrong with the backup, each by name; none, and nothing undecided: it is proven.</summary>
    public required IReadOnlyList<string> Problems { get; init; }
    /// <summary>Checks that came to no result: it is not proven, and not shown to be bad either.</summary>
    public IReadOnlyList<string> Undecided { get; init; } = [];
    public required IReadOnlyList<ProofPhase> Phases { get; init; }
    public IReadOnlyList<ProofCheck> Checks { get; init; } = [];
    public IReadOnlyList<ProofFinding> Findings { get; init; } = [];
    public TableComparison Tables { get; init; } = TableComparison.None;
    public PageAudit? Pages { get; init; }
    /// <summary>verified | failed | off; null where it did not come to that.</summary>
    public string? Checksums { get; init; }
    /// <summary>What pg_checksums said, or how checksums are switched on.</summary>
    public string? ChecksumsSaid { get; init; }
    /// <summary>What could not be looked at, and why; it is no failure, and no proof either.</summary>
    public IReadOnlyList<NotCompared> NotCompared { get; init; } = [];
    /// <summary>Of the restored files.</summary>
    public long Bytes { get; init; }
    /// <summary>How the kept copy is started again; null where it is gone.</summary>
    public string? Kept { get; init; }

    public bool Proven => Problems.Count == 0 && Undecided.Count == 0;

    /// <summary>proven | failed; null where it is neither.</summary>
    [JsonIgnore]
    public string? Outcome => Problems.Count > 0 ? "failed" : Undecided.Count > 0 ? null : "proven";

    /// <summary>Why it is not proven.</summary>
    [JsonIgnore]
    public string Why => string.Join("; ", Problems.Concat(Undecided));

    public double Seconds => Phases.Sum(p => p.Seconds);
}

public sealed record ProofPhase(string Phase, double Seconds);

/// <param name="Status">clean | damaged | unavailable | failed.</param>
public sealed record ProofCheck(string Database, string Check, string Status, string? Reason, double Seconds, int Findings);

/// <param name="Known">The open incident of the live database that says the same.</param>
public sealed record ProofFinding(string Database, string Kind, string Severity, string Object, string Detail, long? Known)
{
    [JsonIgnore]
    public Finding? Of { get; init; }
}

public sealed record NotCompared(string What, string Why);

/// <param name="Equal">How many tables have exactly the rows that were counted.</param>
public sealed record TableComparison(int Equal, IReadOnlyList<TableDiffers> Differs, IReadOnlyList<NotCompared> NotCompared)
{
    public static readonly TableComparison None = new(0, [], []);
}

/// <param name="Counted">When the backup was taken; null: the table was not there.</param>
/// <param name="Restored">Null: it is not there, or cannot be read.</param>
public sealed record TableDiffers(string Database, string Table, long? Counted, long? Restored, string Why);

/// <summary>What a proof knows of a live database that the backup holds.</summary>
/// <param name="Open">Its open incidents.</param>
public sealed record ProofTarget(long Id, string Name, string Database, long DatabaseOid, Options.TargetOptions? Options, IReadOnlyList<Incidents.Incident> Open);

public sealed record ProofRequest(Backup Backup, IBackupWay Way, IReadOnlyList<ProofTarget> Targets)
{
    /// <summary>Told which phase begins.</summary>
    public Action<string> Say { get; init; } = static _ => { };
    /// <summary>The restored copy stays for a day.</summary>
    public bool Keep { get; init; }
    /// <summary>For who may log in to the restored server.</summary>
    public IReadOnlyList<string> Roles { get; init; } = [];
}
