using System.Buffers.Binary;
using System.Globalization;
using HealingWorkers.Jobs.Pages;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Checks;

/// <summary>The key of a B-tree entry in words, for the common types; of others the bytes. It is all that is left of a lost row.</summary>
internal static class KeyText
{
    private const int HeaderSize = 8;
    private const int NullsSize = 4;
    private const ushort HasNulls = 0x8000;
    private static readonly DateTime Epoch = new(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    public static string Of(ProbedIndex index, ReadOnlySpan<byte> tuple)
    {
        var parts = new List<string>();
        try
        {
            var nulls = (BinaryPrimitives.ReadUInt16LittleEndian(tuple[6..]) & HasNulls) != 0;
            var at = nulls ? HeaderSize + NullsSize + 4 : HeaderSize;
            for (var key = 0; key < index.KeyNames.Length; key++)
            {
                var isNull = nulls && (tuple[HeaderSize + key / 8] >> (key % 8) & 1) == 0;
                parts.Add($"{index.KeyNames[key]}={(isNull ? "NULL" : Value(tuple, ref at, index.KeyTypes[key], index.KeyLengths[key], index.KeyAlignments[key]))}");
            }
        }
        catch (Exception e) when (e is ArgumentOutOfRangeException or IndexOutOfRangeException or OverflowException)
        {
            parts.Add("...");
        }
        return string.Join(", ", parts);
    }

    private static string Value(ReadOnlySpan<byte> tuple, ref int at, string type, int length, string alignment)
    {
        var body = StoredValue.Take(tuple, ref at, length, alignment, out var compressed);
        if (length > 0)
        {
            return Fixed(type, body);
        }
        return !compressed && type is "text" or "character varying" or "character" or "public.citext" or "name" ? "'" + ServerText.Shown(body) + "'" : Hex(body);
    }

    private static string Fixed(string type, ReadOnlySpan<byte> bytes) => type switch
    {
        "smallint" => BinaryPrimitives.ReadInt16LittleEndian(bytes).ToString(CultureInfo.InvariantCulture),
        "integer" => BinaryPrimitives.ReadInt32LittleEndian(bytes).ToString(CultureInfo.InvariantCulture),
        "bigint" => BinaryPrimitives.ReadInt64LittleEndian(bytes).ToString(CultureInfo.InvariantCulture),
        "oid" => BinaryPrimitives.ReadUInt32LittleEndian(bytes).ToString(CultureInfo.InvariantCulture),
        "boolean" => bytes[0] != 0 ? "true" : "false",
        "date" => Epoch.AddDays(BinaryPrimitives.ReadInt32LittleEndian(bytes)).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        "timestamp with time zone" or "timestamp without time zone" =>
            Epoch.AddTicks(checked(BinaryPrimitives.ReadInt64LittleEndian(bytes) * 10)).ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture),
        "uuid" => new Guid(bytes, bigEndian: true).ToString(),
        _ => Hex(bytes),
    };

    private static string Hex(ReadOnlySpan<byte> bytes) => "0x" + Convert.ToHexStringLower(bytes.Length > 64 ? bytes[..64] : bytes);
}
