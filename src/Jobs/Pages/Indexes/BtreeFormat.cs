namespace HealingWorkers.Jobs.Pages;

internal sealed class BtreeFormat : IndexFormat
{
    private const int Leaf = 1;
    private const int NotInUse = 4 | 8 | 16; // deleted, meta page, half dead
    private const int AlternativeTid = 0x2000;
    private const int Posting = 0x2000;

    protected override bool IsOwn(ReadOnlySpan<byte> page) => Special(page) == PageHeader.BlockSize - 16;

    protected override bool Read(ReadOnlySpan<byte> page, IIndexSink sink)
    {
        var special = Special(page);
        var flags = U16(page, special + 12);
        if ((flags & NotInUse) != 0)
        {
            return true;
        }
        var next = U32(page, special + 4);
        Link(next, sink);
        for (var item = next == 0 ? 1 : 2; item <= Items(page); item++)
        {
            var tuple = Item(page, item);
            if ((flags & Leaf) == 0)
            {
                Link(Block(tuple), sink);
            }
            else if ((U16(tuple, 6) & AlternativeTid) != 0 && (U16(tuple, 4) & Posting) != 0)
            {
                var list = (int)Block(tuple);
                for (var n = 0; n < (U16(tuple, 4) & 0x0FFF); n++)
                {
                    Add(tuple[(list + n * 6)..], tuple, sink);
                }
            }
            else
            {
                Add(tuple, tuple, sink);
            }
        }
        return true;
    }
}
