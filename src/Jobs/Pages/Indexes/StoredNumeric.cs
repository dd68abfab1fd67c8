using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace HealingWorkers.Jobs.Pages;

/// <summary>A numeric as it is stored: digits of base 10000, the first of which stands for so many powers of it.</summary>
public static class StoredNumeric
{
    private const int SignMask = 0xC000;
    private const int Negative = 0x4000;
    private const int Short = 0x8000;

    public static string Text(ReadOnlySpan<byte> bytes)
    {
        var header = BinaryPrimitives.ReadUInt16LittleEndian(bytes);
        if ((header & SignMask) == SignMask)
        {
            return (header & 0xF000) switch { 0xD000 => "Infinity", 0xF000 => "-Infinity", _ => "NaN" };
        }
        var isShort = (header & SignMask) == Short;
        var negative = isShort ? (header & 0x2000) != 0 : (header & SignMask) == Negative;
        var weight = !isShort ? BinaryPrimitives.ReadInt16LittleEndian(bytes[2..]) : (header & 0x3F) - (header & 0x40);
        var digits = bytes[(isShort ? 2 : 4)..];
        var text = new StringBuilder(negative ? "-0" : "0");
        for (var at = 0; at + 2 <= digits.Length; at += 2)
        {
            text.Append(CultureInfo.InvariantCulture, $"{BinaryPrimitives.ReadUInt16LittleEndian(digits[at..]):D4}");
        }
        return text.Append(CultureInfo.InvariantCulture, $"e{4 * (weight - digits.Length / 2 + 1)}").ToString();
    }
}
