using HealingWorkers.Jobs.Findings;

namespace HealingWorkers.Jobs.Checks;

/// <summary>
/// What other checks have found already, so that nobody trips over it. Reading a row whose place or length is wrong can crash the server,
/// or write a hint bit where another page lies in its memory; an index whose pages lead in a circle is read for ever.
/// </summary>
/// <param name="Rows">Tables, by oid, with rows that are not to be read.</param>
/// <param name="Indexes">Tables, by oid, with an index that is not to be followed.</param>
public sealed record KnownDamage(IReadOnlySet<long> Rows, IReadOnlySet<long> Indexes)
{
    public static readonly KnownDamage None = new(new HashSet<long>(), new HashSet<long>());

    /// <summary>The kinds that others keep away from.</summary>
    public static readonly IReadOnlyList<FindingKind> Kinds = [FindingKind.HeapTupleUnreadable, FindingKind.BtreeCorrupt, FindingKind.IndexFileMissing];

    /// <param name="found">Kind of damage, and the table that it is in.</param>
    public static KnownDamage Of(IEnumerable<(FindingKind Kind, long Table)> found) => Of(found.Select(f => (f.Kind, f.Table, f.Table)));

    /// <param name="found">Kind of damage, the table that it is in, and what is damaged itself: the table, or an index of it.</param>
    public static KnownDamage Of(IEnumerable<(FindingKind Kind, long Table, long Object)> found)
    {
        var all = found.ToList();
        return new(
            all.Where(f => f.Kind == FindingKind.HeapTupleUnreadable || (f.Kind == FindingKind.DeadlyRead && f.Object == f.Table)).Select(f => f.Table).ToHashSet(),
            all.Where(f => f.Kind == FindingKind.BtreeCorrupt || f.Kind == FindingKind.IndexFileMissing || (f.Kind == FindingKind.DeadlyRead && f.Object != f.Table)).Select(f => f.Table).ToHashSet());
    }

    public static KnownDamage Of(IEnumerable<CheckReport> reports) =>
        Of(reports.SelectMany(r => r.Findings).Select(f => (f.Kind, f.TableOid, f.Object.Oid)));

    public KnownDamage With(KnownDamage other) => new(Rows.Union(other.Rows).ToHashSet(), Indexes.Union(other.Indexes).ToHashSet());

    /// <summary>Why a table's rows are left alone; null where they are not.</summary>
    public string? WhyNotRows(long table) =>
        Rows.Contains(table) ? "it has rows that are deadly to read (see heap, or the incident deadly_read)" : null;

    /// <summary>The same for a read that goes by an index, as the planner may.</summary>
    public string? WhyNotAtAll(long table) =>
        WhyNotRows(table) ?? (Indexes.Contains(table) ? "it has an index that may lead in a circle, or that is deadly to read (see btree)" : null);
}
