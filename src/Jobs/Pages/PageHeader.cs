using System.Buffers.Binary;

namespace HealingWorkers.Jobs.Pages;

/// <summary>The 24 bytes that every data page begins with.</summary>
public readonly record struct PageHeader(ulong Lsn, ushort Checksum, ushort Flags, ushort Lower, ushort Upper, ushort Special, ushort PageSize, byte Layout)
{
    public const int Size = 24;
    public const int BlockSize = 8192;
    private const ushort KnownFlags = 0x0007;
    private const ushort AllVisibleFlag = 0x0004;

    public static PageHeader Read(ReadOnlySpan<byte> page)
    {
        var sizeAndLayout = U16(page, 18);
        return new(
            ((ulong)BinaryPrimitives.ReadUInt32LittleEndian(page) << 32) | BinaryPrimitives.ReadUInt32LittleEndian(page[4..]),
            U16(page, 8), U16(page, 10), U16(page, 12), U16(page, 14), U16(page, 16), (ushort)(sizeAndLayout & 0xFF00), (byte)(sizeAndLayout & 0xFF));
    }

    /// <summary>The page says of itself that everybody sees all of it.</summary>
    public bool AllVisible => (Flags & AllVisibleFlag) != 0;

    /// <summary>The rules by which the server itself calls a page invalid.</summary>
    public bool IsSane => (Flags & ~KnownFlags) == 0 && Lower >= Size && Lower <= Upper && Upper <= Special && Special <= BlockSize && Special % 8 == 0
        && PageSize == BlockSize && Layout == 4;

    private static ushort U16(ReadOnlySpan<byte> page, int at) => BinaryPrimitives.ReadUInt16LittleEndian(page[at..]);
}
