using System.Buffers.Binary;

namespace HealingWorkers.Jobs.Pages;

/// <summary>The line pointers of a heap page: what an index may point at, and which of them leads to a row version.</summary>
public readonly ref struct HeapLines(ReadOnlySpan<byte> page)
{
    private const ushort HeapOnly = 0x8000;
    private const ushort HotUpdated = 0x4000;
    private readonly ReadOnlySpan<byte> _page = page;

    /// <summary>None on a page that is empty or makes no sense.</summary>
    public int Count => PageHeader.Read(_page).IsSane ? (PageHeader.Read(_page).Lower - PageHeader.Size) / 4 : 0;

    /// <summary>In use in whatever way: an index entry never outlives that.</summary>
    public bool IsUsed(int offset) => offset >= 1 && offset <= Count && State(offset) != 0;

    public bool IsRoot(int offset) => offset >= 1 && offset <= Count && (State(offset) == 2 || (State(offset) == 1 && (Mask(offset) & HeapOnly) == 0));

    /// <summary>What an index may point at for a row version: itself, or the roots whose chains of in-page updates lead to it. None when it is not on this image of the page.</summary>
    public IReadOnlyList<int> RootsOf(int offset)
    {
        if (offset < 1 || offset > Count || State(offset) != 1)
        {
            return [];
        }
        if ((Mask(offset) & HeapOnly) == 0)
        {
            return [offset];
        }
        var roots = new List<int>();
        for (var root = 1; root <= Count; root++)
        {
            if (IsRoot(root) && Leads(root, offset))
            {
                roots.Add(root);
            }
        }
        return roots;
    }

    private bool Leads(int root, int offset)
    {
        var at = State(root) == 2 ? (int)(Raw(root) & 0x7FFF) : root;
        for (var steps = 0; steps <= Count && at >= 1 && at <= Count && State(at) == 1; steps++)
        {
            if (at == offset)
            {
                return true;
            }
            if ((Mask(at) & HotUpdated) == 0)
            {
                return false;
            }
            at = BinaryPrimitives.ReadUInt16LittleEndian(Tuple(at)[16..]);
        }
        return false;
    }

    private uint Raw(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(_page[(PageHeader.Size + (offset - 1) * 4)..]);

    private uint State(int offset) => Raw(offset) >> 15 & 3;

    private ushort Mask(int offset) => Tuple(offset) is { Length: >= 20 } tuple ? BinaryPrimitives.ReadUInt16LittleEndian(tuple[18..]) : (ushort)0;

    private ReadOnlySpan<byte> Tuple(int offset)
    {
        var (from, length) = ((int)(Raw(offset) & 0x7FFF), (int)(Raw(offset) >> 17));
        return from + length <= _page.Length ? _page.Slice(from, length) : default;
    }
}
