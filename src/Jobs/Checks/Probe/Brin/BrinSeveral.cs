using System.Buffers.Binary;

namespace HealingWorkers.Jobs.Checks;

/// <summary>A summary of minmax_multi as it is stored: type, number of ranges, number of single values, room; then the bounds of the ranges, then the values, without gaps.</summary>
internal static class BrinSeveral
{
    private const int Header = 16;
    private const int Most = 1024;

    /// <summary>Ranges with both ends; a single value is a range of one. Null where it is not understood, which is no reason to call it damaged.</summary>
    /// <param name="length">-1: each with its length before it.</param>
    public static IReadOnlyList<(byte[] Low, byte[] High)>? Of(ReadOnlySpan<byte> body, bool compressed, int length)
    {
        if (compressed || body.Length < Header || length < -1 || length == 0)
        {
            return null;
        }
        var (ranges, values) = (BinaryPrimitives.ReadInt32LittleEndian(body[4..]), BinaryPrimitives.ReadInt32LittleEndian(body[8..]));
        if (ranges is < 0 or > Most || values is < 0 or > Most)
        {
            return null;
        }
        var (found, at) = (new List<byte[]>(), Header);
        for (var n = 0; n < 2 * ranges + values; n++)
        {
            if (Next(body, ref at, length) is not { } bound)
            {
                return null;
            }
            found.Add(bound);
        }
        return at != body.Length ? null
            : [.. Enumerable.Range(0, ranges).Select(n => (found[2 * n], found[2 * n + 1])), .. found.Skip(2 * ranges).Select(v => (v, v))];
    }

    /// <summary>They follow each other without being aligned.</summary>
    private static byte[]? Next(ReadOnlySpan<byte> body, ref int at, int length)
    {
        var rest = body[at..];
        if (length > 0)
        {
            at += length;
            return rest.Length < length ? null : rest[..length].ToArray();
        }
        if (rest.IsEmpty || (rest[0] & 1) == 0 && (rest.Length < sizeof(int) || (rest[0] & 2) != 0))
        {
            return null;
        }
        var (header, whole) = (rest[0] & 1) != 0 ? (1, rest[0] >> 1) : (sizeof(int), (int)(BinaryPrimitives.ReadUInt32LittleEndian(rest) >> 2));
        if (whole <= header || whole > rest.Length)
        {
            return null;
        }
        at += whole;
        return rest[header..whole].ToArray();
    }
}
