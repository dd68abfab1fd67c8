namespace HealingWorkers.TestKit;

/// <summary>Writes real damage into one database of a test cluster.</summary>
public sealed class Damage
{
    public Damage(PgCluster cluster, string database)
    {
        Editor = new RelationEditor(cluster, database);
        Index = new IndexDamage(Editor);
    }

    public RelationEditor Editor { get; }

    public IndexDamage Index { get; }
}
