using System.Buffers.Binary;
using Dapper;

namespace HealingWorkers.Drill;

/// <summary>Where the columns of a table lie within its row versions.</summary>
internal sealed class TupleLayout
{
    private readonly IReadOnlyList<Column> _columns;

    private TupleLayout(IReadOnlyList<Column> columns) => _columns = columns;

    public static async Task<TupleLayout> OfAsync(RelationEditor editor, string table, CancellationToken ct)
    {
        await using var connection = await editor.Cluster.OpenAsync(editor.Database, ct);
        return new TupleLayout((await connection.QueryAsync<Column>(
            """
            SELECT attname::text AS "Name", attlen::int AS "Length", attalign::text AS "Alignment"
            FROM pg_attribute WHERE attrelid = @table::regclass AND attnum > 0 ORDER BY attnum
            """,
            new { table })).AsList());
    }

    /// <summary>The stored bytes of a value, its length word included.</summary>
    public Range Find(HeapPage page, int item, string column)
    {
        var tuple = page.Tuple(item);
        var at = page.HeaderLength(item);
        for (var i = 0; i < _columns.Count && i < page.Attributes(item); i++)
        {
            var wanted = string.Equals(_columns[i].Name, column, StringComparison.Ordinal);
            if (page.IsNull(item, i))
            {
                if (wanted)
                {
                    break;
                }
                continue;
            }
            // A value with a length word of one byte is not aligned; a byte that is not zero tells it from padding.
            if (_columns[i].Length > 0 || tuple[at] == 0)
            {
                at = Align(at, _columns[i].Alignment);
            }
            var length = _columns[i].Length > 0 ? _columns[i].Length : Length(tuple[at..]);
            if (wanted)
            {
                return at..(at + length);
            }
            at += length;
        }
        throw new InvalidOperationException($"The row {item} has no value of {column}.");
    }

    private static int Length(ReadOnlySpan<byte> value) => value[0] switch
    {
        1 => 18,
        var first when (first & 1) != 0 => first >> 1,
        _ => (int)(BinaryPrimitives.ReadUInt32LittleEndian(value) >> 2),
    };

    private static int Align(int at, string alignment)
    {
        var step = alignment switch { "d" => 8, "i" => 4, "s" => 2, _ => 1 };
        return (at + step - 1) / step * step;
    }

    private sealed record Column(string Name, int Length, string Alignment);
}
