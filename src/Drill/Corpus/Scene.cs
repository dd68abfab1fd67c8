using System.Globalization;

namespace HealingWorkers.Drill;

/// <summary>One disposable database that is about to be broken, and what was chosen in it.</summary>
public sealed class Scene(PgCluster cluster, int seed)
{
    internal const string Sequential = "SET enable_indexscan = off; SET enable_indexonlyscan = off; SET enable_bitmapscan = off;";
    private readonly Random _random = new(seed);
    private readonly List<string> _tables = [];
    private readonly List<string> _others = [];
    private readonly List<string> _leftovers = [];
    private readonly List<string> _story = [];
    private readonly HashSet<(string Damage, string Name)> _tablesOf = [];
    private readonly HashSet<(string Damage, string Name)> _othersOf = [];
    private string _damage = "";

    public PgCluster Cluster { get; } = cluster;

    public string Database => CorpusCluster.Database;

    /// <summary>Which rows of the damaged tables a repair has a reason to touch.</summary>
    public Suspects Suspects { get; } = new();

    public Damage Damage { get; } = new(cluster, CorpusCluster.Database);

    /// <summary>With checksums the page becomes invalid, as when a disk rots; without them nothing tells.</summary>
    public DamageMode Rot { get; } = new(FixChecksum: false);

    /// <summary>Tables that are damaged, quoted as in SQL; which of their rows is said by the suspects.</summary>
    public IReadOnlyList<string> Tables => _tables;

    /// <summary>What else is damaged: indexes, sequences, collations.</summary>
    public IReadOnlyList<string> Others => _others;

    /// <summary>What is damaged by being there: the cure is that it goes.</summary>
    public IReadOnlyList<string> Leftovers => _leftovers;

    /// <summary>What was done, for whoever wants to see it again.</summary>
    public string Story => string.Join("; ", _story);

    public int Next(int below) => _random.Next(below);

    public T Pick<T>(params T[] from) => from[_random.Next(from.Length)];

    public byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        _random.NextBytes(bytes);
        return bytes;
    }

    /// <summary>What is named from now on is broken by this damage.</summary>
    public void Begin(string damage) => _damage = damage;

    public IReadOnlyList<string> TablesOf(string damage) => [.. _tablesOf.Where(t => t.Damage == damage).Select(t => t.Name)];

    public IReadOnlyList<string> OthersOf(string damage) => [.. _othersOf.Where(o => o.Damage == damage).Select(o => o.Name)];

    public void Table(string table, string what) => Note(_tables, _tablesOf, table, what);

    public void Other(string relation, string what) => Note(_others, _othersOf, relation, what);

    public void Leftover(string relation)
    {
        _leftovers.Add(relation);
        Other(relation, "a leftover");
    }

    /// <summary>A row, by a sequential scan.</summary>
    public async Task<RowPlace> RowAsync(string table, string condition = "true")
    {
        var rows = await Cluster.QueryAsync<string>(Database, $"{Sequential} SELECT ctid::text FROM ONLY {table} WHERE {condition} ORDER BY ctid");
        return RowPlace.Parse(rows[_random.Next(rows.Count)]);
    }

    /// <summary>A block that holds rows, with at least one after it.</summary>
    public async Task<long> BlockAsync(string table)
    {
        var blocks = await Damage.Heap.BlockCountAsync(table);
        return _random.NextInt64(Math.Max(1, blocks - 1));
    }

    /// <summary>A leaf of a B-tree with neighbours on both sides where it has three.</summary>
    public async Task<int> LeafAsync(string index)
    {
        var leaves = await Damage.Index.LeafCountAsync(index);
        return leaves > 2 ? 1 + _random.Next(leaves - 2) : _random.Next(leaves);
    }

    private void Note(List<string> list, HashSet<(string Damage, string Name)> ofDamages, string name, string what)
    {
        ofDamages.Add((_damage, name));
        if (!list.Contains(name, StringComparer.Ordinal))
        {
            list.Add(name);
        }
        _story.Add(string.Create(CultureInfo.InvariantCulture, $"{what} of {name}"));
    }
}
