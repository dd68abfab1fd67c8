using HealingWorkers.Jobs.Pages;

namespace HealingWorkers.Jobs.Checks;

/// <summary>What one reading of an index's file saw: the rows it points at within a range of the table's blocks, the pages it relies on, and those that are none.</summary>
internal sealed class IndexPass(uint firstBlock, uint blocks, IReadOnlySet<HeapPlace>? wanted = null, EntryMemory memory = EntryMemory.Presence) : IIndexSink
{
    /// <summary>More than a page holds row pointers.</summary>
    private const int OffsetsKept = 320;
    private const int Words = OffsetsKept / 64;
    private const int Most = 10_000;
    private const int MostEmpty = 1 << 20;
    private const int MostPages = 100;
    private readonly ulong[] _seen = new ulong[checked((long)blocks * Words)];
    private readonly ushort[] _kept = new ushort[memory == EntryMemory.Presence ? 0 : checked((long)blocks * OffsetsKept)];
    private readonly HashSet<(HeapPlace Place, uint Code)> _found = [];
    private readonly Dictionary<HeapPlace, uint> _counts = [];
    private readonly List<HeapPlace> _here = [];
    private readonly PageLinks _links = new();
    private readonly HashSet<uint> _empty = [];
    private readonly HashSet<uint> _fixed = [];
    private ulong[]? _dead;
    private uint _page;
    private uint _pages;

    /// <summary>Where the entry of a wanted row was, as it is stored.</summary>
    public Dictionary<HeapPlace, byte[]> Tuples { get; } = [];
    /// <summary>The pages of the index where a wanted row has its entries; only so many.</summary>
    public Dictionary<HeapPlace, List<uint>> On { get; } = [];
    /// <summary>Entries behind the end of the table, or behind what any page can hold; only so many.</summary>
    public HashSet<HeapPlace> Beyond { get; } = [];
    public HashSet<uint> Bad { get; } = [];
    /// <summary>Wanted rows with an entry on a page that is not what it should be.</summary>
    public HashSet<HeapPlace> OnBad { get; } = [];
    /// <summary>Of a GIN index whose keys' order is known.</summary>
    public GinLeaves? Leaves { get; init; }
    /// <summary>Of a GIN index whose rows' keys the server tells.</summary>
    public GinKeySet? Keys { get; init; }
    /// <summary>Of a GIN index, where it has to be known which of its pages are come to.</summary>
    public GinReach? Reach { get; init; }
    /// <summary>Whether what leads to what is of interest.</summary>
    public bool FollowsLinks { get; init; } = true;
    /// <summary>Whether pages are held against their checksums. One that is being written right now may not be what it says: it is looked at again.</summary>
    public bool Checksums { get; init; }
    /// <summary>True for a last range: what is behind it is behind the end of the table.</summary>
    public bool IsLast { get; init; } = true;

    /// <summary>Pages that something relies on and that hold nothing, are behind the end of the file, or hold nothing that makes sense, and such as are not what their checksum says.</summary>
    public IReadOnlySet<uint> Broken => Bad.Union(_empty.Concat(_fixed.Where(f => f >= _pages)).Concat(_links.From(_pages)).Where(IsLedTo).Take(Most)).Union(Leaves?.Disordered ?? []).ToHashSet();

    /// <summary>Whether something relies on that page.</summary>
    public bool IsLedTo(uint block) => _fixed.Contains(block) || (_links.Contains(block) && Reach?.LeadsTo(block) != false);

    public async Task<IndexPass> ReadAsync(RelationPages pages, IndexFormat format, Func<Task> between, CancellationToken cancel)
    {
        _fixed.UnionWith(format.Fixed);
        await pages.EachAsync((block, page) => Look(format, block, page), between, cancel).ConfigureAwait(false);
        if (Reach is not null)
        {
            foreach (var (place, _) in On.Where(o => !o.Value.Exists(Reach.Comes)).ToList())
            {
                On.Remove(place);
                Tuples.Remove(place);
            }
        }
        return this;
    }

    /// <summary>The same of some pages only.</summary>
    public async Task<IndexPass> ReadAsync(RelationPages pages, IndexFormat format, IEnumerable<uint> blocks, CancellationToken cancel)
    {
        foreach (var block in blocks)
        {
            if (await pages.ReadAsync(block, cancel).ConfigureAwait(false) is { } page)
            {
                Look(format, block, page);
            }
        }
        return this;
    }

    private void Look(IndexFormat format, uint block, ReadOnlySpan<byte> page)
    {
        _here.Clear();
        _pages++;
        _page = block;
        if (!page.ContainsAnyExcept((byte)0))
        {
            if (_empty.Count < MostEmpty)
            {
                _empty.Add(block);
            }
            return;
        }
        var sane = PageHeader.Read(page).IsSane;
        if (sane)
        {
            Reach?.Page(block, page);
        }
        var read = sane && format.TryRead(block, page, this);
        if (read)
        {
            Leaves?.Add(block, page);
        }
        if (!read || (Checksums && PageJudge.Judge(page, block, checksums: true) == PageVerdict.BadChecksum))
        {
            if (Bad.Count < Most)
            {
                Bad.Add(block);
            }
            OnBad.UnionWith(_here);
        }
        foreach (var place in _here)
        {
            if (On.TryGetValue(place, out var on) is var known && !known)
            {
                On[place] = on = [];
            }
            if (on!.Count < MostPages && (on.Count == 0 || on[^1] != block))
            {
                on.Add(block);
            }
        }
    }

    public void Entry(uint block, ushort offset, ReadOnlySpan<byte> tuple, bool dead)
    {
        var place = new HeapPlace(block, offset);
        var code = memory == EntryMemory.Codes ? HashFormat.CodeOf(tuple) : 0;
        if (wanted?.Contains(place) == true)
        {
            _here.Add(place);
            Tuples.TryAdd(place, tuple.ToArray());
            if (!dead)
            {
                _found.Add((place, code));
                _counts[place] = _counts.GetValueOrDefault(place) + 1;
            }
        }
        if (block < firstBlock)
        {
            return;
        }
        if (block - firstBlock < blocks && offset < OffsetsKept)
        {
            Set(_seen, place);
            if (dead)
            {
                Set(_dead ??= new ulong[_seen.LongLength], place);
            }
            if (memory != EntryMemory.Presence)
            {
                ref var kept = ref _kept[At(place)];
                kept = memory == EntryMemory.Codes ? Folded(code) : (ushort)Math.Min(kept + 1, ushort.MaxValue);
            }
        }
        else if ((IsLast || block - firstBlock < blocks) && Beyond.Count < Most)
        {
            Beyond.Add(place);
        }
    }

    public void Link(uint block)
    {
        if (FollowsLinks)
        {
            _links.Add(_page, block);
            Reach?.Link(_page, block);
        }
    }

    public void Key(ReadOnlySpan<byte> tuple) => Keys?.Add(tuple);

    /// <summary>Whether it has no entry of that key, for whichever row.</summary>
    public bool Lacks(int key) => Keys?.Has(key) == false;

    /// <summary>Whether a scan comes to the row: by half of its code, which no single changed bit leaves as it was, or by each of its keys.</summary>
    public bool Leads(HeapPlace row, uint code) => Leads(row) && (!IsWithin(row) || memory switch
    {
        EntryMemory.Codes => _kept[At(row)] == Folded(code),
        EntryMemory.Counts => _kept[At(row)] >= Math.Min(code, ushort.MaxValue),
        _ => true,
    });

    /// <summary>The same of a wanted row, by all of its code.</summary>
    public bool Finds(HeapPlace row, uint code) => memory == EntryMemory.Counts ? _counts.GetValueOrDefault(row) >= code : _found.Contains((row, code));

    public bool Saw(HeapPlace row) => Beyond.Contains(row) || IsSet(_seen, row);

    /// <summary>A scan comes to an entry of that place, whatever its key.</summary>
    public bool Leads(HeapPlace row) => Saw(row) && !(_dead is { } dead && IsSet(dead, row));

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

    private static ushort Folded(uint code) => (ushort)(code ^ code >> 16);

    private bool IsWithin(HeapPlace row) => row.Block >= firstBlock && row.Block - firstBlock < blocks && row.Offset < OffsetsKept;

    private bool IsSet(ulong[] bits, HeapPlace row) => IsWithin(row) && (bits[Word(row)] >> (row.Offset % 64) & 1) != 0;

    private void Set(ulong[] bits, HeapPlace row) => bits[Word(row)] |= 1UL << (row.Offset % 64);

    private long At(HeapPlace row) => (row.Block - firstBlock) * (long)OffsetsKept + row.Offset;

    private long Word(HeapPlace row) => (long)(row.Block - firstBlock) * Words + row.Offset / 64;
}
