using System.Buffers.Binary;

namespace HealingWorkers.Drill;

/// <summary>The header and the line pointers that heap and B-tree pages have in common. Items count from 1.</summary>
public class SlottedPage(byte[] bytes)
{
    protected const int HeaderSize = 24;

    public byte[] Bytes { get; } = bytes;

    public int Lower
    {
        get => BinaryPrimitives.ReadUInt16LittleEndian(Bytes.AsSpan(12));
        protected internal set => BinaryPrimitives.WriteUInt16LittleEndian(Bytes.AsSpan(12), (ushort)value);
    }

    public int Upper => BinaryPrimitives.ReadUInt16LittleEndian(Bytes.AsSpan(14));

    public int SpecialOffset => BinaryPrimitives.ReadUInt16LittleEndian(Bytes.AsSpan(16));

    public int ItemCount => Math.Max(0, (Lower - HeaderSize) / 4);

    public LinePointer this[int item]
    {
        get => LinePointer.Decode(BinaryPrimitives.ReadUInt32LittleEndian(Bytes.AsSpan(At(item))));
        set => BinaryPrimitives.WriteUInt32LittleEndian(Bytes.AsSpan(At(item)), value.Encode());
    }

    public Span<byte> Tuple(int item) => Bytes.AsSpan(this[item].Offset, this[item].Length);

    /// <summary>Takes line pointers away as if their tuples had never been inserted.</summary>
    public void RemoveItems(int first, int count)
    {
        var from = At(first + count - 1) + 4;
        Bytes.AsSpan(from, Lower - from).CopyTo(Bytes.AsSpan(At(first)));
        Lower -= count * 4;
    }

    private protected int At(int item)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(item, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(item, ItemCount);
        return HeaderSize + (item - 1) * 4;
    }
}
