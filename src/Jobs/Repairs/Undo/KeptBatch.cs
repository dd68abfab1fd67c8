using HealingWorkers.Jobs.Errors;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>What one transaction of a repair took, as the quarantine of the target tells it.</summary>
public sealed record KeptBatch
{
    public required long Id { get; init; }
    public required int Attempt { get; init; }
    public required string Repair { get; init; }
    public required string Reason { get; init; }
    public required DateTimeOffset TakenAt { get; init; }
    public required string TakenBy { get; init; }
    public required long Rows { get; init; }
    public required string Sha256 { get; init; }
    public DateTimeOffset? UndoneAt { get; init; }
    public string? UndoneBy { get; init; }
    public long? ReplacedBy { get; init; }
    public DateTimeOffset? SweptAt { get; init; }
    /// <summary>Why nothing was taken out after it was copied; null where it was.</summary>
    public string? Void { get; init; }
    /// <summary>The batch that it is a piece of, where single rows came back; else itself. It tells the order in which things were done.</summary>
    public required long First { get; init; }

    /// <summary>Its rows were copied and left in their table: whoever misses one there must not get it from here without looking.</summary>
    public bool OnlyCopied => Repair is "unhide_rows" or "salvage";
    /// <summary>Its rows were copied, and taken out of their table by another transaction after that.</summary>
    public bool CopiedFirst => Repair is "kill_tuples";
    /// <summary>What it did is in force: it can be brought back.</summary>
    public bool InForce => UndoneAt is null && Void is null;
    /// <summary>It was brought back, and what it did can be done again.</summary>
    public bool Undone => UndoneAt is not null && ReplacedBy is null;

    /// <summary>An attempt that failed or was killed may have come no further than the copy: rows would be there twice.</summary>
    public static HealingException Uncertain(IReadOnlyList<KeptBatch> all) =>
        new($"{all[0].Repair} copied {all.Sum(b => b.Rows)} rows before it took them out, and was not resolved: nothing tells whether they were taken out",
            $"The copies stay in healing_quarantine (batch {string.Join(", ", all.Select(b => b.Id))}): compare them with the table, and insert by hand what is missed.");

    /// <summary>Rows that are not in their table any more were removed or replaced there by others, after the repair.</summary>
    public static HealingException Refusal(IReadOnlyList<KeptBatch> all) =>
        new($"there is nothing to bring back: {all[0].Repair} copied {all.Sum(b => b.Rows)} rows and left them in their table; one that is missing there, or is another by now, was removed or changed since",
            $"The copies stay in healing_quarantine (batch {string.Join(", ", all.Select(b => b.Id))}): compare them with the table, and insert by hand what is missed.");
}

/// <summary>What one step of a batch did to one table; names and types are those of that day.</summary>
public sealed record KeptPart
{
    public required long Batch { get; init; }
    public required int Part { get; init; }
    public required int Step { get; init; }
    /// <summary>deleted | changed | kept.</summary>
    public required string Action { get; init; }
    public required string Cause { get; init; }
    public required long Relation { get; init; }
    public required string SchemaName { get; init; }
    public required string TableName { get; init; }
    public required short[] Attnums { get; init; }
    public required string[] Columns { get; init; }
    public required string[] Types { get; init; }
    public required short[] KeyColumns { get; init; }
    public required short[] Changed { get; init; }
    public required string Statement { get; init; }
    public required long Rows { get; init; }
    public required string Sha256 { get; init; }

    public bool WasAsked => string.Equals(Cause, AskedFor, StringComparison.Ordinal);

    internal const string AskedFor = "asked for";
}
