namespace HealingWorkers.Jobs.Pages;

internal sealed class HashFormat : IndexFormat
{
    private const int Overflow = 1;
    private const int Bucket = 2;

    /// <summary>The hash of its row's key, which is all that an entry holds of it.</summary>
    public static uint CodeOf(ReadOnlySpan<byte> tuple) => U32(tuple, 8);

    protected override bool IsOwn(ReadOnlySpan<byte> page) => Special(page) == PageHeader.BlockSize - 16 && U16(page, Special(page) + 14) == 0xFF80;

    protected override bool Read(ReadOnlySpan<byte> page, IIndexSink sink)
    {
        var special = Special(page);
        if ((U16(page, special + 12) & (Overflow | Bucket)) == 0)
        {
            return true;
        }
        Link(U32(page, special + 4), sink);
        var before = 0u;
        for (var item = 1; item <= Items(page); item++)
        {
            var tuple = Item(page, item);
            // a page is searched by halves: what is not in order is not found
            if (CodeOf(tuple) < before)
            {
                return false;
            }
            before = CodeOf(tuple);
            Add(tuple, tuple, sink, IsDead(page, item));
        }
        return true;
    }
}
