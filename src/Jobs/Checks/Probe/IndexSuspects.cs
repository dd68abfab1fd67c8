namespace HealingWorkers.Jobs.Checks;

/// <summary>What a look at the files of an index and its table held against it. On a server at work that is a suspicion, until it was looked at again.</summary>
internal sealed class IndexSuspects(ProbedIndex index)
{
    /// <summary>More of one sort says nothing new.</summary>
    public const int Most = 10_000;

    public ProbedIndex Index => index;
    /// <summary>Places that the index points at and that the table has not.</summary>
    public HashSet<HeapPlace> Dangling { get; set; } = [];
    /// <summary>Blocks of those places that are no more: without any line pointer, or cut off the end of the table. No damage of an index looks like that.</summary>
    public HashSet<uint> Gone { get; } = [];
    /// <summary>Visible rows that the index does not point at.</summary>
    public Dictionary<HeapPlace, MissingRow> Missing { get; set; } = [];
    /// <summary>A missing row of which another index, or nobody, says that it is the one at fault.</summary>
    public DoubtedRow? Doubted { get; set; }
    /// <summary>Pages of the index that others rely on and that hold nothing, or nothing that makes sense, or something else than their checksum says.</summary>
    public HashSet<uint> Broken { get; set; } = [];
    /// <summary>The entries of the dangling places, as they are stored.</summary>
    public IReadOnlyDictionary<HeapPlace, byte[]> Entries { get; set; } = new Dictionary<HeapPlace, byte[]>();

    /// <summary>The pages of the index with those entries.</summary>
    public IReadOnlyDictionary<HeapPlace, List<uint>> On { get; set; } = new Dictionary<HeapPlace, List<uint>>();

    /// <summary>Lists in this table may name something twice, for which a GIN index has one entry.</summary>
    public bool HasDoubles { get; set; }
    /// <summary>Rows with an entry on one of the broken pages.</summary>
    public IReadOnlySet<HeapPlace> OnBroken { get; set; } = new HashSet<HeapPlace>();

    /// <summary>How much of it is kept in mind.</summary>
    public int Weight => Dangling.Count + Missing.Count + Broken.Count;
    public bool Any => Weight > 0;
}

/// <param name="Roots">What the index would point at for it.</param>
/// <param name="Writer">The transaction that wrote it: another row may come to the same place.</param>
/// <param name="Code">What its entry holds of its key, in a hash index; how many entries it has, where they are counted; else 0.</param>
/// <param name="Lacking">Of a GIN index, the hashes of its keys that the index does not know at all.</param>
internal sealed record MissingRow(IReadOnlyList<HeapPlace> Roots, string Writer, uint Code, IReadOnlyList<int> Lacking)
{
    /// <summary>There is an entry for it, under another key; in a GIN index under some of its keys.</summary>
    public bool IsElsewhere { get; init; }
    /// <summary>It has fewer entries than it should.</summary>
    public bool IsShort { get; init; }
}

/// <param name="InTable">Its key, as the table has it.</param>
/// <param name="InIndex">What the index holds of it instead.</param>
internal sealed record DoubtedRow(HeapPlace Row, string InTable, string InIndex);
