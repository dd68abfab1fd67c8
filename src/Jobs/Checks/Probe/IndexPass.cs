using HealingWorkers.Jobs.Pages;

namespace HealingWorkers.Jobs.Checks;

/// <summary>What one reading of an index's file saw: the rows it points at within a range of the table's blocks, the pages it relies on, and those that are none.</summary>
internal sealed class IndexPass(uint firstBlock, uint blocks, IReadOnlySet<HeapPlace>? wanted = null) : IIndexSink
{
    /// <summary>More than a page holds row pointers.</summary>
    private const int OffsetsKept = 320;
    private const int Words = OffsetsKept / 64;
    private const int Most = 10_000;
    private readonly ulong[] _seen = new ulong[checked((long)blocks * Words)];

    /// <summary>Where the entry of a wanted row was, as it is stored.</summary>
    public Dictionary<HeapPlace, byte[]> Tuples { get; } = [];
    /// <summary>Entries behind the end of the table, or behind what any page can hold; only so many.</summary>
    public HashSet<HeapPlace> Beyond { get; } = [];
    public HashSet<uint> Links { get; } = [];
    public HashSet<uint> Empty { get; } = [];
    public HashSet<uint> Bad { get; } = [];
    /// <summary>True for a last range: what is behind it is behind the end of the table.</summary>
    public bool IsLast { get; init; } = true;

    /// <summary>Pages that something relies on and that hold nothing, or nothing that makes sense.</summary>
    public IReadOnlySet<uint> Broken => Bad.Union(Empty.Where(Links.Contains)).ToHashSet();

    public async Task<IndexPass> ReadAsync(RelationPages pages, IndexFormat format, Func<Task> between, CancellationToken cancel)
    {
        await pages.EachAsync((block, page) =>
        {
            if (!page.ContainsAnyExcept((byte)0))
            {
                Empty.Add(block);
            }
            else if (!PageHeader.Read(page).IsSane || !format.TryRead(page, this))
            {
                Bad.Add(block);
            }
        }, between, cancel).ConfigureAwait(false);
        return this;
    }

    public void Entry(uint block, ushort offset, ReadOnlySpan<byte> tuple)
    {
        var place = new HeapPlace(block, offset);
        if (wanted?.Contains(place) == true)
        {
            Tuples.TryAdd(place, tuple.ToArray());
        }
        if (block < firstBlock)
        {
            return;
        }
        if (block - firstBlock < blocks && offset < OffsetsKept)
        {
            var at = (long)(block - firstBlock) * Words + offset / 64;
            _seen[at] |= 1UL << (offset % 64);
        }
        else if ((IsLast || block - firstBlock < blocks) && Beyond.Count < Most)
        {
            Beyond.Add(place);
        }
    }

    public void Link(uint block) => Links.Add(block);

    public bool Saw(HeapPlace row) => Beyond.Contains(row)
        || (row.Block >= firstBlock && row.Block - firstBlock < blocks && row.Offset < OffsetsKept
            && (_seen[(long)(row.Block - firstBlock) * Words + row.Offset / 64] >> (row.Offset % 64) & 1) != 0);

    public IEnumerable<int> SeenIn(uint block)
    {
        for (var word = 0; word < Words; word++)
        {
            for (var bits = _seen[(long)(block - firstBlock) * Words + word]; bits != 0; bits &= bits - 1)
            {
                yield return word * 64 + System.Numerics.BitOperations.TrailingZeroCount(bits);
            }
        }
    }
}
