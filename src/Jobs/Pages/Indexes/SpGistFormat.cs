namespace HealingWorkers.Jobs.Pages;

internal sealed class SpGistFormat : IndexFormat
{
    private const int Meta = 1;
    private const int Deleted = 2;
    private const int Leaf = 4;
    private const int HeaderSize = 8;

    /// <summary>The first, the root, and that of NULLs.</summary>
    public override IReadOnlyList<uint> Fixed { get; } = [0, 1, 2];

    protected override bool IsOwn(ReadOnlySpan<byte> page) => Special(page) == PageHeader.BlockSize - 8 && U16(page, Special(page) + 6) == 0xFF82;

    protected override bool? IsFirst(ReadOnlySpan<byte> page) => (U16(page, Special(page)) & Meta) != 0;

    protected override bool Read(ReadOnlySpan<byte> page, IIndexSink sink)
    {
        var flags = U16(page, Special(page));
        if ((flags & (Meta | Deleted)) != 0)
        {
            return true;
        }
        for (var item = 1; item <= Items(page); item++)
        {
            var tuple = Item(page, item);
            // live; the others are redirections, tombstones and placeholders
            if (tuple.Length == 0 || (tuple[0] & 3) != 0)
            {
                continue;
            }
            if ((flags & Leaf) != 0)
            {
                Add(tuple[6..], default, sink);
                continue;
            }
            var nodes = (int)((U32(tuple, 0) >> 3) & 0x1FFF);
            for (var at = HeaderSize + (int)(U32(tuple, 0) >> 16); nodes > 0; nodes--)
            {
                Link(Block(tuple[at..]), sink);
                at += U16(tuple, at + 6) & 0x1FFF;
            }
        }
        return true;
    }
}
