using System.Buffers.Binary;
using System.Numerics;

namespace HealingWorkers.Jobs.Pages;

/// <summary>What the server's hashtext says of a text in an order by bytes: Bob Jenkins' lookup3.</summary>
public static class TextHash
{
    private const uint Start = 0x9E3779B9 + 3923095;

    public static int Of(ReadOnlySpan<byte> text)
    {
        uint a, b, c;
        a = b = c = unchecked(Start + (uint)text.Length);
        for (; text.Length >= 12; text = text[12..])
        {
            a += BinaryPrimitives.ReadUInt32LittleEndian(text);
            b += BinaryPrimitives.ReadUInt32LittleEndian(text[4..]);
            c += BinaryPrimitives.ReadUInt32LittleEndian(text[8..]);
            Mix(ref a, ref b, ref c);
        }
        Span<byte> rest = stackalloc byte[12];
        text.CopyTo(rest);
        a += BinaryPrimitives.ReadUInt32LittleEndian(rest);
        b += BinaryPrimitives.ReadUInt32LittleEndian(rest[4..]);
        // the lowest byte of the last is kept for the length
        c += BinaryPrimitives.ReadUInt32LittleEndian(rest[8..]) << 8;
        c = (c ^ b) - BitOperations.RotateLeft(b, 14);
        a = (a ^ c) - BitOperations.RotateLeft(c, 11);
        b = (b ^ a) - BitOperations.RotateLeft(a, 25);
        c = (c ^ b) - BitOperations.RotateLeft(b, 16);
        a = (a ^ c) - BitOperations.RotateLeft(c, 4);
        b = (b ^ a) - BitOperations.RotateLeft(a, 14);
        c = (c ^ b) - BitOperations.RotateLeft(b, 24);
        return unchecked((int)c);
    }

    private static void Mix(ref uint a, ref uint b, ref uint c)
    {
        a = (a - c) ^ BitOperations.RotateLeft(c, 4);
        c += b;
        b = (b - a) ^ BitOperations.RotateLeft(a, 6);
        a += c;
        c = (c - b) ^ BitOperations.RotateLeft(b, 8);
        b += a;
        a = (a - c) ^ BitOperations.RotateLeft(c, 16);
        c += b;
        b = (b - a) ^ BitOperations.RotateLeft(a, 19);
        a += c;
        c = (c - b) ^ BitOperations.RotateLeft(b, 4);
        b += a;
    }
}
