using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Checks;

/// <summary>A B-tree to be verified against its table.</summary>
internal sealed record BtreeIndex(
    long Oid, string Quoted, long TableOid, string TableQuoted, long Pages, bool IsPrimary, bool IsExclusion, bool IsCatalog, bool IsCritical)
{
    public RelationName Name => new(Oid, Quoted);
    public RelationName Table => new(TableOid, TableQuoted);
}
