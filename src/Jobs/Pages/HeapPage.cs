using System.Buffers.Binary;

namespace HealingWorkers.Jobs.Pages;

/// <summary>One page of a table, read natively. Nothing in it is trusted: what does not fit is not there.</summary>
public sealed class HeapPage(byte[] bytes)
{
    private const int PointerSize = 4;
    private const int Normal = 1;
    private const int Dead = 3;

    public PageHeader Header { get; } = PageHeader.Read(bytes);

    public int Items => Header.IsSane ? (Header.Lower - PageHeader.Size) / PointerSize : 0;

    /// <summary>The header of the row version at a line pointer, counted from 1; null where there is none.</summary>
    public HeapTupleHeader? Tuple(int item) => Bytes(item) is { Length: >= HeapTupleHeader.Size } tuple ? HeapTupleHeader.Read(tuple) : null;

    /// <summary>The whole row version; empty where there is none.</summary>
    public ReadOnlySpan<byte> Bytes(int item)
    {
        var (offset, state, length) = Pointer(item);
        return state == Normal && offset >= Header.Upper && offset + length <= Header.Special ? bytes.AsSpan(offset, length) : default;
    }

    /// <summary>The row is gone and only its line pointer is left, until VACUUM comes by.</summary>
    public bool IsDead(int item) => Pointer(item).State == Dead;

    private (int Offset, int State, int Length) Pointer(int item)
    {
        if (item < 1 || item > Items)
        {
            return default;
        }
        var raw = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(PageHeader.Size + (item - 1) * PointerSize));
        return ((int)(raw & 0x7FFF), (int)(raw >> 15 & 3), (int)(raw >> 17));
    }

    /// <summary>Null where the file has no such page.</summary>
    public static async Task<HeapPage?> ReadAsync(IServerFiles files, string path, long block, CancellationToken cancel)
    {
        var page = new byte[PageHeader.BlockSize];
        var segment = block / RelationFile.BlocksPerSegment;
        var file = segment == 0 ? path : FormattableString.Invariant($"{path}.{segment}");
        try
        {
            return await files.ReadAsync(file, block % RelationFile.BlocksPerSegment * PageHeader.BlockSize, page, cancel).ConfigureAwait(false) == page.Length ? new(page) : null;
        }
        catch (IOException)
        {
            return null;
        }
    }
}
