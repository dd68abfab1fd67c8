using System.Buffers.Binary;

namespace HealingWorkers.Jobs.Pages;

/// <summary>How one index method lays out its pages: which rows of the table a page points at, and which pages of the index.</summary>
public abstract class IndexFormat
{
    private static readonly Dictionary<string, IndexFormat> Known = new(StringComparer.Ordinal)
    {
        ["btree"] = new BtreeFormat(), ["hash"] = new HashFormat(), ["gist"] = new GistFormat(), ["spgist"] = new SpGistFormat(), ["gin"] = new GinFormat(),
    };

    /// <summary>Null for a method that points at no rows (BRIN: see BrinFile) or that nobody here knows.</summary>
    public static IndexFormat? Of(string method) => Known.GetValueOrDefault(method);

    /// <summary>False where the page, though its header makes sense, is none of this method, or not of this place, or is cut short.</summary>
    public bool TryRead(uint block, ReadOnlySpan<byte> page, IIndexSink sink)
    {
        try
        {
            return IsOwn(page) && (IsFirst(page) is not { } first || first == (block == 0)) && Read(page, sink);
        }
        catch (Exception e) when (e is ArgumentOutOfRangeException or IndexOutOfRangeException)
        {
            return false;
        }
    }

    /// <summary>Pages that nothing points at, and that no index of this method is without.</summary>
    public virtual IReadOnlyList<uint> Fixed => [];

    protected abstract bool IsOwn(ReadOnlySpan<byte> page);

    /// <summary>Whether it says of itself that it is the index's first, which describes the others; null of a method that has none.</summary>
    protected virtual bool? IsFirst(ReadOnlySpan<byte> page) => null;

    protected abstract bool Read(ReadOnlySpan<byte> page, IIndexSink sink);

    protected static ushort U16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    protected static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    /// <summary>Its two halves are stored the higher first.</summary>
    protected static uint Block(ReadOnlySpan<byte> tid) => ((uint)U16(tid, 0) << 16) | U16(tid, 2);

    protected static void Add(ReadOnlySpan<byte> tid, ReadOnlySpan<byte> tuple, IIndexSink sink, bool dead = false) => sink.Entry(Block(tid), U16(tid, 4), tuple, dead);

    protected static void Link(uint block, IIndexSink sink)
    {
        if (block is not (0 or uint.MaxValue))
        {
            sink.Link(block);
        }
    }

    /// <summary>Every item with storage, those that say dead among them: until they are removed they still count.</summary>
    protected static int Items(ReadOnlySpan<byte> page) => Math.Max(0, (U16(page, 12) - PageHeader.Size) / 4);

    protected static ReadOnlySpan<byte> Item(ReadOnlySpan<byte> page, int number)
    {
        var pointer = U32(page, PageHeader.Size + (number - 1) * 4);
        return page.Slice((int)(pointer & 0x7FFF), (int)(pointer >> 17));
    }

    /// <summary>Scans pass over it: the server says so of an entry whose row is dead for everybody.</summary>
    protected static bool IsDead(ReadOnlySpan<byte> page, int number) => (U32(page, PageHeader.Size + (number - 1) * 4) >> 15 & 3) == 3;

    protected static int Special(ReadOnlySpan<byte> page) => U16(page, 16);
}

/// <summary>What is told of the pages of an index while they are read.</summary>
public interface IIndexSink
{
    /// <param name="tuple">The index entry, its key among it; empty where it is compressed.</param>
    /// <param name="dead">Scans pass over it.</param>
    void Entry(uint block, ushort offset, ReadOnlySpan<byte> tuple, bool dead);

    /// <summary>Another page of the index that this one relies on.</summary>
    void Link(uint block);

    /// <summary>Of a GIN index: the entry of a key, which leads to any number of rows.</summary>
    void Key(ReadOnlySpan<byte> tuple);
}
