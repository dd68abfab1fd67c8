namespace HealingWorkers.Jobs.Checks;

/// <summary>A column that draws from a sequence.</summary>
public sealed record SequenceUse
{
    public required long Sequence { get; init; }
    public required long TableOid { get; init; }
    public required string Table { get; init; }
    public required string Column { get; init; }
    /// <summary>The number itself is the value, so that the column tells how far the sequence has come.</summary>
    public required bool IsPlain { get; init; }
    /// <summary>Rows of a partition are numbered by the table that they are inserted into.</summary>
    public required bool IsPartition { get; init; }
    /// <summary>The highest value that the column can hold.</summary>
    public required long TypeMax { get; init; }
    /// <summary>Some unique index has it among its columns.</summary>
    public required bool IsKey { get; init; }
    /// <summary>Its highest value can be had without reading a large table.</summary>
    public required bool IsCheap { get; init; }
    public required bool IsReadable { get; init; }
    /// <summary>Its rows come with their numbers from another server.</summary>
    public required bool IsSubscribed { get; init; }
    public required bool IsBeingLoaded { get; init; }

    public Targets.RelationName Name => new(TableOid, Table);
    public bool CanBeAsked => IsCheap && IsReadable;

    public override string ToString() => $"{Table}.{Column}";
}
