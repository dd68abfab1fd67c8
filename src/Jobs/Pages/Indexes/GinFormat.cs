namespace HealingWorkers.Jobs.Pages;

internal sealed class GinFormat : IndexFormat
{
    private const int Data = 1;
    private const int Leaf = 2;
    private const int Deleted = 4;
    private const int Meta = 8;
    private const int List = 16;
    private const int Compressed = 128;
    /// <summary>Where the first page says where the list of what is not yet sorted in begins.</summary>
    private const int PendingAt = 24;
    private const int DataStart = 32;
    private const int PostingTree = 0xFFFF;
    private const int PostingItem = 10;
    private const int OffsetBits = 11;

    public override IReadOnlyList<uint> Fixed { get; } = [0, 1];

    protected override bool IsOwn(ReadOnlySpan<byte> page) => Special(page) == PageHeader.BlockSize - 8 && U16(page, Special(page) + 6) <= 0xFF;

    protected override bool? IsFirst(ReadOnlySpan<byte> page) => KindOf(page) == GinPageKind.First;

    /// <summary>Of a page whose header makes sense.</summary>
    public static GinPageKind KindOf(ReadOnlySpan<byte> page) => Special(page) != PageHeader.BlockSize - 8 ? GinPageKind.Deleted : U16(page, Special(page) + 6) switch
    {
        var flags when (flags & Meta) != 0 => GinPageKind.First,
        var flags when (flags & Deleted) != 0 => GinPageKind.Deleted,
        var flags when (flags & List) != 0 => GinPageKind.List,
        var flags when (flags & Data) != 0 => GinPageKind.Data,
        _ => GinPageKind.Entries,
    };

    protected override bool Read(ReadOnlySpan<byte> page, IIndexSink sink)
    {
        var special = Special(page);
        var flags = U16(page, special + 6);
        if ((flags & Meta) != 0)
        {
            Link(U32(page, PendingAt), sink);
        }
        if ((flags & (Deleted | Meta)) != 0)
        {
            return true;
        }
        Link(U32(page, special), sink);
        if ((flags & Data) != 0)
        {
            ReadData(page, flags, sink);
            return true;
        }
        for (var item = 1; item <= Items(page); item++)
        {
            var tuple = Item(page, item);
            if ((flags & (List | Leaf)) != 0)
            {
                sink.Key(tuple);
            }
            if ((flags & List) != 0)
            {
                Add(tuple, default, sink);
            }
            else if ((flags & Leaf) == 0 || U16(tuple, 4) == PostingTree)
            {
                Link(Block(tuple), sink);
            }
            else
            {
                ReadPosting(tuple, sink);
            }
        }
        return true;
    }

    private static void ReadData(ReadOnlySpan<byte> page, int flags, IIndexSink sink)
    {
        if ((flags & Leaf) == 0)
        {
            for (var n = 0; n < U16(page, Special(page) + 4); n++)
            {
                Link(Block(page[(DataStart + n * PostingItem)..]), sink);
            }
        }
        else if ((flags & Compressed) != 0)
        {
            for (var at = DataStart; at < U16(page, 12);)
            {
                at += Decode(page[at..], sink);
            }
        }
        else
        {
            for (var n = 0; n < U16(page, Special(page) + 4); n++)
            {
                Add(page[(DataStart + n * 6)..], default, sink);
            }
        }
    }

    private static void ReadPosting(ReadOnlySpan<byte> tuple, IIndexSink sink)
    {
        var (count, where) = (U16(tuple, 4), Block(tuple));
        var list = tuple[(int)(where & 0x7FFFFFFF)..];
        if (count > 0 && (where & 0x80000000) != 0)
        {
            Decode(list, sink);
            return;
        }
        for (var n = 0; n < count; n++)
        {
            Add(list[(n * 6)..], default, sink);
        }
    }

    /// <summary>The first row number whole, each other as what it is more than the one before, seven bits a byte. Gives the length of the list.</summary>
    private static int Decode(ReadOnlySpan<byte> list, IIndexSink sink)
    {
        var length = U16(list, 6);
        var value = ((ulong)Block(list) << OffsetBits) | U16(list, 4);
        sink.Entry(Block(list), U16(list, 4), default, false);
        var bytes = list.Slice(8, length);
        for (var at = 0; at < bytes.Length;)
        {
            ulong more = 0;
            for (var shift = 0; ; shift += 7)
            {
                var part = bytes[at++];
                more |= (ulong)(part & 0x7F) << shift;
                if ((part & 0x80) == 0)
                {
                    break;
                }
            }
            value += more;
            sink.Entry((uint)(value >> OffsetBits), (ushort)(value & ((1 << OffsetBits) - 1)), default, false);
        }
        return 8 + length + (length & 1);
    }
}
