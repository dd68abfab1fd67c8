using System.Buffers.Binary;

namespace HealingWorkers.Jobs.Pages;

/// <summary>Values as a tuple holds them one after the other.</summary>
public static class StoredValue
{
    /// <param name="at">Where it begins before it is aligned; behind it afterwards.</param>
    /// <param name="length">-1: with its length before it.</param>
    /// <param name="alignment">c, s, i or d.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is not whole, or of a kind that no index holds.</exception>
    public static ReadOnlySpan<byte> Take(ReadOnlySpan<byte> tuple, ref int at, int length, string alignment, out bool compressed)
    {
        compressed = false;
        if (length > 0)
        {
            at = Aligned(at, alignment);
            var bytes = tuple.Slice(at, length);
            at += length;
            return bytes;
        }
        // a value with its length before it: one byte where the lowest bit is set, else four at their alignment
        ArgumentOutOfRangeException.ThrowIfNotEqual(length, -1);
        if ((tuple[at..][0] & 1) == 0)
        {
            at = Aligned(at, alignment);
        }
        var (header, whole) = (tuple[at..][0] & 1) != 0 ? (1, tuple[at] >> 1) : (4, (int)(BinaryPrimitives.ReadUInt32LittleEndian(tuple[at..]) >> 2));
        compressed = header == 4 && (tuple[at] & 2) != 0;
        ArgumentOutOfRangeException.ThrowIfLessThan(whole, header, nameof(tuple));
        var body = tuple.Slice(at + header, whole - header);
        at += whole;
        return body;
    }

    private static int Aligned(int at, string alignment)
    {
        var to = alignment switch { "d" => 8, "i" => 4, "s" => 2, _ => 1 };
        return (at + to - 1) / to * to;
    }
}
