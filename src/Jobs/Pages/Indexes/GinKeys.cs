using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace HealingWorkers.Jobs.Pages;

/// <summary>How the keys of one column of a GIN index follow each other.</summary>
public enum GinOrder { Unknown, Bytes, Numbers }

/// <param name="Length">-1: with its length before it.</param>
/// <param name="Alignment">c, s, i or d.</param>
public sealed record GinColumn(GinOrder Order, int Length, string Alignment);

/// <summary>A leaf of the tree of keys: what stands on it, by keys that compare as bytes. Empty where its order is not known here.</summary>
public sealed record GinLeaf(uint Right, byte[] First, byte[] Last, bool IsOrdered);

/// <summary>The order of the keys on the leaves of a GIN index: a search that goes by it misses one that stands elsewhere.</summary>
public sealed class GinKeys(IReadOnlyList<GinColumn> columns)
{
    private const int Leaf = 2;
    private const int KindsOfPages = 0x1F;
    private const int HasNulls = 0x8000;
    private const int Header = 8;
    private const int HeaderWithNulls = 16;

    /// <summary>Null where the page is no leaf of the tree of keys.</summary>
    public GinLeaf? Read(ReadOnlySpan<byte> page)
    {
        var special = BinaryPrimitives.ReadUInt16LittleEndian(page[16..]);
        if ((BinaryPrimitives.ReadUInt16LittleEndian(page[(special + 6)..]) & KindsOfPages) != Leaf)
        {
            return null;
        }
        var items = (BinaryPrimitives.ReadUInt16LittleEndian(page[12..]) - PageHeader.Size) / 4;
        byte[] first = [], last = [];
        for (var item = 0; item < items; item++)
        {
            var pointer = BinaryPrimitives.ReadUInt32LittleEndian(page[(PageHeader.Size + item * 4)..]);
            if (KeyOf(page.Slice((int)(pointer & 0x7FFF), (int)(pointer >> 17))) is not { } key)
            {
                continue;
            }
            if (last.Length > 0 && last.AsSpan().SequenceCompareTo(key) >= 0)
            {
                return new(uint.MaxValue, [], [], IsOrdered: false);
            }
            first = first.Length == 0 ? key : first;
            last = key;
        }
        return new(BinaryPrimitives.ReadUInt32LittleEndian(page[special..]), first, last, IsOrdered: true);
    }

    /// <summary>Column, then whether it is NULL or the like, then the value; null where nothing is known of its order.</summary>
    private byte[]? KeyOf(ReadOnlySpan<byte> tuple)
    {
        var nulls = (BinaryPrimitives.ReadUInt16LittleEndian(tuple[6..]) & HasNulls) != 0;
        var at = nulls ? HeaderWithNulls : Header;
        ushort number = 1;
        if (columns.Count > 1)
        {
            number = BinaryPrimitives.ReadUInt16LittleEndian(tuple[at..]);
            at += sizeof(ushort);
        }
        var column = columns[number - 1];
        if (column.Order == GinOrder.Unknown)
        {
            return null;
        }
        if (nulls)
        {
            return [(byte)(number >> 8), (byte)number, tuple[at]];
        }
        var body = StoredValue.Take(tuple, ref at, column.Length, column.Alignment, out var compressed);
        return compressed ? null : [(byte)(number >> 8), (byte)number, 0, .. column.Order == GinOrder.Numbers ? Comparable(body) : body];
    }

    /// <summary>The key of an entry in an index over one column, as text is written; null for NULL and the like, and for what is compressed.</summary>
    public byte[]? TextOf(ReadOnlySpan<byte> tuple, bool number)
    {
        if ((BinaryPrimitives.ReadUInt16LittleEndian(tuple[6..]) & HasNulls) != 0)
        {
            return null;
        }
        var at = Header;
        var body = StoredValue.Take(tuple, ref at, columns[0].Length, columns[0].Alignment, out var compressed);
        return compressed ? null : number ? Encoding.ASCII.GetBytes(Number(body).ToString(CultureInfo.InvariantCulture)) : body.ToArray();
    }

    private static long Number(ReadOnlySpan<byte> number) => number.Length switch
    {
        2 => BinaryPrimitives.ReadInt16LittleEndian(number),
        4 => BinaryPrimitives.ReadInt32LittleEndian(number),
        _ => BinaryPrimitives.ReadInt64LittleEndian(number),
    };

    private static byte[] Comparable(ReadOnlySpan<byte> number)
    {
        var bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, Number(number) ^ long.MinValue);
        return bytes;
    }
}
