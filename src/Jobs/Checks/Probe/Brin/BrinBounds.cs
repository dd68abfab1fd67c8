using System.Buffers.Binary;
using System.Globalization;
using System.Text.Unicode;
using HealingWorkers.Jobs.Pages;

namespace HealingWorkers.Jobs.Checks;

/// <summary>The bounds of a BRIN index's summaries as SQL. Null for a type that nobody here can read.</summary>
internal static class BrinBounds
{
    private const long MicrosecondsInDay = 86_400_000_000;
    private const int FirstDay = -2_451_545;
    private const int LastDay = 2_145_031_948;
    private const int LastDayOfMoments = 106_751_983;

    /// <summary>By which name each type is cast to, whatever the search path.</summary>
    private static readonly Dictionary<string, string> Types = new(StringComparer.Ordinal)
    {
        ["smallint"] = "int2", ["integer"] = "int4", ["bigint"] = "int8", ["oid"] = "oid", ["real"] = "float4", ["double precision"] = "float8", ["numeric"] = "numeric",
        ["date"] = "date", ["timestamp without time zone"] = "timestamp", ["timestamp with time zone"] = "timestamptz", ["uuid"] = "uuid",
        ["text"] = "text", ["character varying"] = "text", ["character"] = "bpchar", ["bytea"] = "bytea",
    };

    public static bool Knows(string type) => Types.ContainsKey(type);

    /// <summary>What holds for a row of these blocks that its summary does not cover; null where that cannot be said.</summary>
    public static string? Uncovered(ProbedIndex index, BrinRange range, string encoding)
    {
        try
        {
            return Condition(index, range, encoding);
        }
        catch (ArgumentOutOfRangeException)
        {
            // cut short, or a bound that is no value at all: no row can have made it
            return "true";
        }
    }

    private static string? Condition(ProbedIndex index, BrinRange range, string encoding)
    {
        if (range.IsPlaceholder)
        {
            return "false";
        }
        if (range.IsEmpty)
        {
            return "true";
        }
        var (parts, at, columns) = (new List<string>(), 0, index.KeyNames.Length);
        ReadOnlySpan<byte> data = range.Tuple.AsSpan(range.DataAt);
        for (var n = 0; n < columns; n++)
        {
            var key = index.Keys[n];
            if (range.HasOnlyNulls(n))
            {
                parts.Add($"{key} IS DISTINCT FROM NULL");
                continue;
            }
            if (index.SeveralBounds[n])
            {
                // kept as one long value, whatever the type of the column
                if (BrinSeveral.Of(StoredValue.Take(data, ref at, -1, "i", out var shortened), shortened, index.KeyLengths[n]) is not { } several
                    || Uncovered(index, n, several, encoding) is not { } outside)
                {
                    return null;
                }
                parts.Add(outside);
                AddNulls(parts, key, range, n, columns);
                continue;
            }
            var low = Bound(index, n, StoredValue.Take(data, ref at, index.KeyLengths[n], index.KeyAlignments[n], out var shortLow), shortLow, encoding);
            var high = Bound(index, n, StoredValue.Take(data, ref at, index.KeyLengths[n], index.KeyAlignments[n], out var shortHigh), shortHigh, encoding);
            if (low is null || high is null)
            {
                return null;
            }
            parts.Add($"NOT ({key} {index.AtLeast[n]} {low} AND {key} {index.AtMost[n]} {high})");
            AddNulls(parts, key, range, n, columns);
        }
        return string.Join(" OR ", parts);
    }

    private static void AddNulls(List<string> parts, string key, BrinRange range, int column, int columns)
    {
        if (!range.HasNulls(column, columns))
        {
            parts.Add($"{key} IS NOT DISTINCT FROM NULL");
        }
    }

    /// <summary>Outside of every range, and none of the single values.</summary>
    private static string? Uncovered(ProbedIndex index, int n, IReadOnlyList<(byte[] Low, byte[] High)> several, string encoding)
    {
        var within = new List<string>();
        foreach (var (low, high) in several)
        {
            if (Bound(index, n, low, compressed: false, encoding) is not { } least || Bound(index, n, high, compressed: false, encoding) is not { } most)
            {
                return null;
            }
            within.Add($"{index.Keys[n]} {index.AtLeast[n]} {least} AND {index.Keys[n]} {index.AtMost[n]} {most}");
        }
        return within.Count == 0 ? $"{index.Keys[n]} IS DISTINCT FROM NULL" : $"NOT ({string.Join(" OR ", within)})";
    }

    private static string? Bound(ProbedIndex index, int column, ReadOnlySpan<byte> bytes, bool compressed, string encoding) =>
        !compressed && Types.TryGetValue(index.KeyTypes[column], out var name) ? Literal(name, bytes, encoding) : null;

    private static string? Literal(string type, ReadOnlySpan<byte> bytes, string encoding) => type switch
    {
        "int2" => Number(BinaryPrimitives.ReadInt16LittleEndian(bytes), type),
        "int4" => Number(BinaryPrimitives.ReadInt32LittleEndian(bytes), type),
        "int8" => Number(BinaryPrimitives.ReadInt64LittleEndian(bytes), type),
        "oid" => Number(BinaryPrimitives.ReadUInt32LittleEndian(bytes), type),
        "float4" => Quoted(BinaryPrimitives.ReadSingleLittleEndian(bytes).ToString("R", CultureInfo.InvariantCulture), type),
        "float8" => Quoted(BinaryPrimitives.ReadDoubleLittleEndian(bytes).ToString("R", CultureInfo.InvariantCulture), type),
        "numeric" => Quoted(StoredNumeric.Text(bytes), type),
        "date" => Day(BinaryPrimitives.ReadInt32LittleEndian(bytes)),
        "timestamp" => Moment(BinaryPrimitives.ReadInt64LittleEndian(bytes), type),
        "timestamptz" => Moment(BinaryPrimitives.ReadInt64LittleEndian(bytes), type),
        "uuid" => Quoted(new Guid(bytes, bigEndian: true).ToString(), type),
        "bytea" => Bytes(bytes),
        _ => Text(bytes, type, encoding),
    };

    private static string Text(ReadOnlySpan<byte> bytes, string type, string encoding)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(encoding != "'UTF8'" || Utf8.IsValid(bytes), true, nameof(bytes));
        return $"pg_catalog.convert_from({Bytes(bytes)}, {encoding})::pg_catalog.{type}";
    }

    private static string Day(int days)
    {
        if (days is int.MinValue or int.MaxValue)
        {
            return Quoted(days < 0 ? "-infinity" : "infinity", "date");
        }
        ArgumentOutOfRangeException.ThrowIfLessThan(days, FirstDay);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(days, LastDay);
        return string.Create(CultureInfo.InvariantCulture, $"('2000-01-01'::pg_catalog.date + ({days}))");
    }

    private static string Moment(long microseconds, string type)
    {
        if (microseconds is long.MinValue or long.MaxValue)
        {
            return Quoted(microseconds < 0 ? "-infinity" : "infinity", type);
        }
        var (days, rest) = Math.DivRem(microseconds, MicrosecondsInDay);
        ArgumentOutOfRangeException.ThrowIfLessThan(days, FirstDay, nameof(microseconds));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(days, LastDayOfMoments, nameof(microseconds));
        var moment = string.Create(CultureInfo.InvariantCulture,
            $"('2000-01-01'::pg_catalog.timestamp + pg_catalog.make_interval(days => {days}) + {rest} * '1 microsecond'::pg_catalog.interval)");
        return type == "timestamp" ? moment : $"pg_catalog.timezone('UTC', {moment})";
    }

    private static string Number(long value, string type) => Quoted(value.ToString(CultureInfo.InvariantCulture), type);

    private static string Quoted(string text, string type) => $"'{text}'::pg_catalog.{type}";

    private static string Bytes(ReadOnlySpan<byte> bytes) => $"pg_catalog.decode('{Convert.ToHexStringLower(bytes)}', 'hex')";
}
