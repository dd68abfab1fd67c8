using System.Buffers.Binary;
using HealingWorkers.Jobs.Pages;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>
/// Whether an entry holds the very bytes that its row has. Then neither was changed, whatever amcheck says: before 14.12, 15.7 and 16.3 it
/// missed values that lie uncompressed in an index whose column is compressed by now.
/// </summary>
internal static class SameKey
{
    private const int HeaderSize = 8;
    private const int NullsSize = 4;
    private const ushort HasNulls = 0x8000;
    private const string OfText = "pg_catalog.convert_to({0}, pg_catalog.getdatabaseencoding())";

    /// <summary>What gives the bytes of a value, by its type; those of numbers come the other way round.</summary>
    private static readonly Dictionary<string, string> Sends = new(StringComparer.Ordinal)
    {
        ["smallint"] = "pg_catalog.int2send({0})", ["integer"] = "pg_catalog.int4send({0})", ["bigint"] = "pg_catalog.int8send({0})", ["oid"] = "pg_catalog.oidsend({0})",
        ["boolean"] = "pg_catalog.boolsend({0})", ["date"] = "pg_catalog.date_send({0})", ["timestamp without time zone"] = "pg_catalog.timestamp_send({0})",
        ["timestamp with time zone"] = "pg_catalog.timestamptz_send({0})", ["text"] = OfText, ["character varying"] = OfText, ["bytea"] = "{0}",
    };

    /// <summary>False as well where that cannot be compared here.</summary>
    /// <param name="columns">What of a row the index holds, as expressions.</param>
    public static async Task<bool> IsInAsync(NpgsqlConnection connection, ProbedIndex index, HeapPlace row, IReadOnlyList<string> columns, byte[] entry, CancellationToken cancel)
    {
        if (columns.Count != index.KeyTypes.Length || !index.KeyTypes.All(Sends.ContainsKey) || Stored(index, entry) is not { } stored)
        {
            return false;
        }
        var bytes = columns.Zip(index.KeyTypes, static (column, type) => Sends[type].Replace("{0}", $"({column})", StringComparison.Ordinal));
        await using var command = new NpgsqlCommand($"SELECT ARRAY[{string.Join(", ", bytes)}]::pg_catalog.bytea[] FROM ONLY {index.TableQuoted} WHERE ctid = '{row}'::pg_catalog.tid", connection);
        try
        {
            return await command.ExecuteScalarAsync(cancel).ConfigureAwait(false) is byte[]?[] values && values.Zip(stored).All(static v => v.First is null ? v.Second is null : v.Second is not null && v.First.AsSpan().SequenceEqual(v.Second));
        }
        catch (PostgresException e) when (e.SqlState != Errors.SqlState.QueryCanceled)
        {
            // bytes that are no text
            return false;
        }
    }

    /// <summary>The values of an entry as the server gives them. Null where one is compressed, or where they do not come apart.</summary>
    private static List<byte[]?>? Stored(ProbedIndex index, ReadOnlySpan<byte> tuple)
    {
        var values = new List<byte[]?>();
        try
        {
            var nulls = (BinaryPrimitives.ReadUInt16LittleEndian(tuple[6..]) & HasNulls) != 0;
            var at = nulls ? HeaderSize + NullsSize + 4 : HeaderSize;
            for (var key = 0; key < index.KeyTypes.Length; key++)
            {
                if (nulls && (tuple[HeaderSize + key / 8] >> (key % 8) & 1) == 0)
                {
                    values.Add(null);
                    continue;
                }
                var value = StoredValue.Take(tuple, ref at, index.KeyLengths[key], index.KeyAlignments[key], out var compressed).ToArray();
                if (compressed)
                {
                    return null;
                }
                if (index.KeyLengths[key] > 0)
                {
                    Array.Reverse(value);
                }
                values.Add(value);
            }
            return values;
        }
        catch (Exception e) when (e is ArgumentOutOfRangeException or IndexOutOfRangeException or OverflowException)
        {
            return null;
        }
    }
}
