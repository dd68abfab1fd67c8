namespace HealingWorkers.Jobs.Targets;

/// <summary>A relation by oid and by its quoted name as <c>pg_catalog.quote_ident</c> spells it.</summary>
public sealed record RelationName(long Oid, string Quoted)
{
    public override string ToString() => Quoted;
}
