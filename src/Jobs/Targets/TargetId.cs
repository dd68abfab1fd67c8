namespace HealingWorkers.Jobs.Targets;

/// <summary>What a watched database is known by, whatever it is called and wherever it has moved.</summary>
public sealed record TargetId(string SystemIdentifier, long DatabaseOid)
{
    public override string ToString() => $"{SystemIdentifier}/{DatabaseOid}";
}
