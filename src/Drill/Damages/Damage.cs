namespace HealingWorkers.Drill;

/// <summary>Writes real damage into one database of a test cluster.</summary>
public sealed class Damage
{
    private readonly PgCluster _cluster;
    private readonly string _database;

    public Damage(PgCluster cluster, string database)
    {
        _cluster = cluster;
        _database = database;
        Editor = new RelationEditor(cluster, database);
        Index = new IndexDamage(Editor);
        Heap = new HeapDamage(Editor);
        Unique = new UniqueDamage(Editor);
        Collation = new CollationDamage(cluster, database);
        Row = new RowDamage(Editor);
        Toast = new ToastDamage(Editor);
        Visibility = new VisibilityDamage(Editor);
        Sequence = new SequenceDamage(Editor);
        OtherIndex = new OtherIndexDamage(Editor);
        Orphans = new OrphanDamage(Editor);
        Values = new ValueDamage(Editor);
        Catalogue = new CatalogueDamage(Editor);
        OperatorClass = new OperatorClassDamage(Editor);
    }

    public RelationEditor Editor { get; }

    public IndexDamage Index { get; }

    public HeapDamage Heap { get; }

    public UniqueDamage Unique { get; }

    public CollationDamage Collation { get; }

    public RowDamage Row { get; }

    public ToastDamage Toast { get; }

    public VisibilityDamage Visibility { get; }

    public SequenceDamage Sequence { get; }

    public OtherIndexDamage OtherIndex { get; }

    public OrphanDamage Orphans { get; }

    public ValueDamage Values { get; }

    public CatalogueDamage Catalogue { get; }

    public OperatorClassDamage OperatorClass { get; }

    /// <summary>The index of a table's out-of-line values loses a leaf. Gives the index.</summary>
    public async Task<string> ZeroToastIndexLeafAsync(
        string table, int leaf = 0, DamageMode? mode = null, CancellationToken ct = default)
    {
        var index = await Index.ToastIndexOfAsync(table, ct);
        await Index.ZeroLeafAsync(index, leaf, mode, ct);
        return index;
    }

    /// <summary>A concurrent rebuild that was cancelled, or whose backend was ended. Gives the invalid index that it left.</summary>
    public async Task<string> LeftoverAsync(
        string index, RebuildStation station = RebuildStation.Building, bool terminate = false, CancellationToken ct = default)
    {
        var rebuild = await HeldRebuild.StartAsync(_cluster, _database, index, station, ct);
        return await rebuild.AbandonAsync(terminate);
    }
}
