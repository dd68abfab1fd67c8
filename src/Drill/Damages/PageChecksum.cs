using System.Buffers.Binary;

namespace HealingWorkers.Drill;

/// <summary>PostgreSQL's data page checksum, written here once more so that the damage is independent of the checks.</summary>
public static class PageChecksum
{
    private const int FieldOffset = 8;
    private const uint Prime = 16777619;

    private static readonly uint[] Offsets =
    [
        0x5B1F36E9, 0xB8525960, 0x02AB50AA, 0x1DE66D2A, 0x79FF467A, 0x9BB9F8A3, 0x217E7CD2, 0x83E13D2C,
        0xF8D4474F, 0xE39EB970, 0x42C6AE16, 0x993216FA, 0x7B093B5D, 0x98DAFF3C, 0xF718902A, 0x0B1C9CDB,
        0xE58F764B, 0x187636BC, 0x5D7B3BB1, 0xE73DE7DE, 0x92BEC979, 0xCCA6C0B2, 0x304A0979, 0x85AA43D4,
        0x783125BB, 0x6CA8EAA2, 0xE407EAC6, 0x4B5CFC3E, 0x9FBF8C76, 0x15CA20BE, 0xF2CA9FD3, 0x959BD756,
    ];

    public static ushort Of(ReadOnlySpan<byte> page, long block)
    {
        Span<uint> lanes = stackalloc uint[Offsets.Length];
        Offsets.CopyTo(lanes);
        for (var at = 0; at < page.Length; at += 4)
        {
            var value = BinaryPrimitives.ReadUInt32LittleEndian(page[at..]);
            Mix(ref lanes[at / 4 % lanes.Length], at == FieldOffset ? value & 0xFFFF0000 : value);
        }
        uint sum = 0;
        for (var lane = 0; lane < lanes.Length; lane++)
        {
            Mix(ref lanes[lane], 0);
            Mix(ref lanes[lane], 0);
            sum ^= lanes[lane];
        }
        return (ushort)((sum ^ (uint)block) % 65535 + 1);
    }

    public static ushort Stored(ReadOnlySpan<byte> page) => BinaryPrimitives.ReadUInt16LittleEndian(page[FieldOffset..]);

    public static void Store(Span<byte> page, long block) =>
        BinaryPrimitives.WriteUInt16LittleEndian(page[FieldOffset..], Of(page, block));

    private static void Mix(ref uint sum, uint value)
    {
        var mixed = sum ^ value;
        sum = unchecked(mixed * Prime) ^ (mixed >> 17);
    }
}
