namespace HealingWorkers.Jobs.Pages;

internal sealed class HashFormat : IndexFormat
{
    private const int Overflow = 1;
    private const int Bucket = 2;

    protected override bool IsOwn(ReadOnlySpan<byte> page) => Special(page) == PageHeader.BlockSize - 16 && U16(page, Special(page) + 14) == 0xFF80;

    protected override bool Read(ReadOnlySpan<byte> page, IIndexSink sink)
    {
        var special = Special(page);
        if ((U16(page, special + 12) & (Overflow | Bucket)) == 0)
        {
            return true;
        }
        Link(U32(page, special + 4), sink);
        for (var item = 1; item <= Items(page); item++)
        {
            var tuple = Item(page, item);
            Add(tuple, tuple, sink);
        }
        return true;
    }
}
