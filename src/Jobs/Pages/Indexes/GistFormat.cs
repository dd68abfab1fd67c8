namespace HealingWorkers.Jobs.Pages;

internal sealed class GistFormat : IndexFormat
{
    private const int Leaf = 1;
    private const int Deleted = 2;

    public override IReadOnlyList<uint> Fixed { get; } = [0];

    protected override bool IsOwn(ReadOnlySpan<byte> page) => Special(page) == PageHeader.BlockSize - 16 && U16(page, Special(page) + 14) == 0xFF81;

    protected override bool Read(ReadOnlySpan<byte> page, IIndexSink sink)
    {
        var flags = U16(page, Special(page) + 12);
        if ((flags & Deleted) != 0)
        {
            return true;
        }
        for (var item = 1; item <= Items(page); item++)
        {
            var tuple = Item(page, item);
            if ((flags & Leaf) != 0)
            {
                Add(tuple, tuple, sink, IsDead(page, item));
            }
            else
            {
                Link(Block(tuple), sink);
            }
        }
        return true;
    }
}
