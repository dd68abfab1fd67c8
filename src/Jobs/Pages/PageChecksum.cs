using System.Buffers.Binary;

namespace HealingWorkers.Jobs.Pages;

/// <summary>The checksum of a data page: 32 interleaved FNV-1a-like sums, folded, mixed with the block number.</summary>
public static class PageChecksum
{
    private const int Lanes = 32;
    private const int FieldAt = 8;
    private const uint Prime = 16777619;

    private static ReadOnlySpan<uint> Seeds =>
    [
        0x5B1F36E9, 0xB8525960, 0x02AB50AA, 0x1DE66D2A, 0x79FF467A, 0x9BB9F8A3, 0x217E7CD2, 0x83E13D2C,
        0xF8D4474F, 0xE39EB970, 0x42C6AE16, 0x993216FA, 0x7B093B5D, 0x98DAFF3C, 0xF718902A, 0x0B1C9CDB,
        0xE58F764B, 0x187636BC, 0x5D7B3BB1, 0xE73DE7DE, 0x92BEC979, 0xCCA6C0B2, 0x304A0979, 0x85AA43D4,
        0x783125BB, 0x6CA8EAA2, 0xE407EAC6, 0x4B5CFC3E, 0x9FBF8C76, 0x15CA20BE, 0xF2CA9FD3, 0x959BD756,
    ];

    public static ushort Stored(ReadOnlySpan<byte> page) => BinaryPrimitives.ReadUInt16LittleEndian(page[FieldAt..]);

    public static ushort Of(ReadOnlySpan<byte> page, uint block)
    {
        Span<uint> sums = stackalloc uint[Lanes];
        Seeds.CopyTo(sums);
        for (var row = 0; row < page.Length; row += Lanes * sizeof(uint))
        {
            for (var lane = 0; lane < Lanes; lane++)
            {
                var word = BinaryPrimitives.ReadUInt32LittleEndian(page[(row + lane * sizeof(uint))..]);
                // the field itself counts as zero
                sums[lane] = Mixed(sums[lane], row == 0 && lane == FieldAt / sizeof(uint) ? word & 0xFFFF0000 : word);
            }
        }
        var folded = 0u;
        foreach (var sum in sums)
        {
            folded ^= Mixed(Mixed(sum, 0), 0);
        }
        // never zero, which stands for "none"
        return (ushort)((folded ^ block) % 65535 + 1);
    }

    private static uint Mixed(uint sum, uint word)
    {
        var mixed = sum ^ word;
        return unchecked(mixed * Prime) ^ (mixed >> 17);
    }
}
