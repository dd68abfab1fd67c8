using HealingWorkers.Jobs.Incidents;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>What a repair of the data is going to do to which rows.</summary>
public sealed record DataWork(Incident Incident, IWrongRows Rows, WrongPlaces Found)
{
    /// <summary>Quoted column to what it is set to, with the row as <c>t</c>; null where the row is taken away.</summary>
    public IReadOnlyDictionary<string, string>? Set { get; init; }
    /// <summary>The column that the audit table is told of; null for the whole row.</summary>
    public string? Column { get; init; }
    /// <summary>Quoted columns of the primary key.</summary>
    public IReadOnlyList<string> Key { get; init; } = [];
    /// <summary>Rows in all, those included that foreign keys take along, that it was planned for and agreed to; null where they could not be counted, and a person was asked.</summary>
    public long? MostRows { get; init; }
    public AuditTable? Audit { get; init; }
    public required string Reason { get; init; }
    /// <summary>What the server itself can be asked to prove; null where only the check can.</summary>
    public TwinConstraint? Twin { get; init; }
    public string Verb => Set is null ? "quarantine" : "nullify";
    public RowAction Action => Set is null ? RowAction.Delete : RowAction.Update;
}
