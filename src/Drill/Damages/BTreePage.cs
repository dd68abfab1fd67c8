using System.Buffers.Binary;

namespace HealingWorkers.Drill;

/// <summary>As much of a B-tree page as it takes to break it.</summary>
public sealed class BTreePage(byte[] bytes) : SlottedPage(bytes)
{
    private const int IgnoredFlags = 4 | 8 | 16; // deleted, meta page, half dead
    private const int LeafFlag = 1;

    public uint Next => Special(4);

    public uint Level => Special(8);

    public bool IsLeaf => (Flags & LeafFlag) != 0 && (Flags & IgnoredFlags) == 0;

    public bool IsRightmost => Next == 0;

    /// <summary>Behind the high key, which only a rightmost page lacks.</summary>
    public int FirstItem => IsRightmost ? 1 : 2;

    private ushort Flags => BinaryPrimitives.ReadUInt16LittleEndian(Bytes.AsSpan(SpecialOffset + 12));

    /// <summary>The block number in an item's tuple identifier: on an inner page its child.</summary>
    public uint Downlink(int item)
    {
        var tuple = Tuple(item);
        return (uint)BinaryPrimitives.ReadUInt16LittleEndian(tuple) << 16 | BinaryPrimitives.ReadUInt16LittleEndian(tuple[2..]);
    }

    public bool HasNulls(int item) => (BinaryPrimitives.ReadUInt16LittleEndian(Tuple(item)[6..]) & 0x8000) != 0;

    /// <summary>The block of the root; 0 where there is none.</summary>
    public static long Root(PageFile file)
    {
        const int rootInMeta = HeaderSize + 8;
        return BinaryPrimitives.ReadUInt32LittleEndian(file.Read(0).AsSpan(rootInMeta));
    }

    /// <summary>The live leaves of an index from left to right.</summary>
    public static IReadOnlyList<long> Leaves(PageFile file)
    {
        var block = Root(file);
        if (block == 0)
        {
            return [];
        }
        var page = new BTreePage(file.Read(block));
        while (page.Level > 0)
        {
            block = page.Downlink(page.FirstItem);
            page = new BTreePage(file.Read(block));
        }
        var leaves = new List<long>();
        while (true)
        {
            if (page.IsLeaf)
            {
                leaves.Add(block);
            }
            if (page.IsRightmost)
            {
                return leaves;
            }
            block = page.Next;
            page = new BTreePage(file.Read(block));
        }
    }

    private uint Special(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(Bytes.AsSpan(SpecialOffset + offset));
}
