using System.Buffers.Binary;
using Dapper;

namespace HealingWorkers.Drill;

/// <summary>
/// Damage to GIN, GiST, BRIN and hash indexes. `which` picks among the pages that hold entries, from the left and round again.
/// </summary>
public sealed class OtherIndexDamage(RelationEditor editor)
{
    private const int DeadState = 3;

    /// <summary>A page with entries becomes zeros: escapes checksums. On GIN a scan may then never end.</summary>
    public Task ZeroPageAsync(string index, int which = 0, DamageMode? mode = null, CancellationToken ct = default) =>
        EditAsync(index, which, mode, (page, _, _) => Array.Clear(page.Bytes), ct);

    /// <summary>Bits of an entry flip: on GIN within a key, on a hash index in its code, on BRIN in a range's upper bound, on GiST in a key.</summary>
    public Task FlipAsync(string index, int which = 0, DamageMode? mode = null, CancellationToken ct = default) =>
        EditAsync(index, which, mode, (page, method, number) =>
        {
            var item = 1 + number % page.ItemCount;
            var tuple = page.Tuple(item);
            if (method == "brin")
            {
                Shrink(tuple);
                return;
            }
            const int header = 8;
            // A key's first byte after the header; of a text its first character.
            var at = method is "gin" ? header + 2 : header;
            tuple[Math.Min(at, tuple.Length - 1)] ^= 0x10;
        }, ct);

    /// <summary>A GIN index loses one of its keys, with all that it knew by it: the rows are still found by their other keys.</summary>
    public Task LoseKeyAsync(string index, int which = 0, DamageMode? mode = null, CancellationToken ct = default) =>
        EditAsync(index, which, mode, (page, _, number) => page.RemoveItems(1 + number % page.ItemCount, 1), ct);

    /// <summary>A line pointer says that its entry is dead, though its row lives: a scan passes over it.</summary>
    public async Task KillEntryAsync(string index, int which = 0, DamageMode? mode = null, CancellationToken ct = default)
    {
        await using var connection = await editor.Cluster.OpenAsync(editor.Database, ct);
        var table = await connection.ExecuteScalarAsync<string>("SELECT indrelid::regclass::text FROM pg_index WHERE indexrelid = @index::regclass", new { index });
        var alive = (await connection.QueryAsync<string>($"SELECT ctid::text FROM {table}")).ToHashSet(StringComparer.Ordinal);
        await EditAsync(index, which, mode, (page, _, number) =>
        {
            var items = Enumerable.Range(0, page.ItemCount).Select(n => 1 + (number + n) % page.ItemCount);
            var item = items.First(i => page[i].State != DeadState && alive.Contains(RowOf(page.Tuple(i))));
            page[item] = page[item] with { State = DeadState };
        }, ct);
    }

    /// <summary>Rows are written while the catalogue says, within that transaction only, that the index is not to be maintained.</summary>
    public async Task<int> MissEntriesAsync(string index, string sql, CancellationToken ct = default)
    {
        await using var connection = await editor.Cluster.OpenAsync(editor.Database, ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        var table = await connection.ExecuteScalarAsync<string>("SELECT indrelid::regclass::text FROM pg_index WHERE indexrelid = @index::regclass", new { index });
        await connection.ExecuteAsync($"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE");
        await connection.ExecuteAsync("UPDATE pg_index SET indisready = false WHERE indexrelid = @index::regclass", new { index });
        var written = await connection.ExecuteAsync(Sessions.Command(sql, null, ct));
        await connection.ExecuteAsync("UPDATE pg_index SET indisready = true WHERE indexrelid = @index::regclass", new { index });
        await transaction.CommitAsync(ct);
        return written;
    }

    private async Task EditAsync(string index, int which, DamageMode? mode, Action<SlottedPage, string, int> edit, CancellationToken ct)
    {
        var method = await editor.Cluster.ScalarAsync<string>(
            editor.Database, "SELECT amname::text FROM pg_am a JOIN pg_class c ON c.relam = a.oid WHERE c.oid = @index::regclass", new { index }, ct);
        await editor.EditAsync(index, mode, (file, fix) =>
        {
            var blocks = file.Where((block, bytes) => block > 0 && HoldsEntries(new SlottedPage(bytes), method!));
            if (blocks.Count == 0)
            {
                throw new InvalidOperationException($"{index} has no page with entries besides its first.");
            }
            var block = blocks[which % blocks.Count];
            var page = new SlottedPage(file.Read(block));
            edit(page, method!, which / blocks.Count);
            file.Write(block, page.Bytes, fix);
        }, ct);
    }

    private static bool HoldsEntries(SlottedPage page, string method)
    {
        if (page.SpecialOffset is < 24 or >= PageFile.PageSize || page.ItemCount == 0)
        {
            return false;
        }
        var flags = BinaryPrimitives.ReadUInt16LittleEndian(page.Bytes.AsSpan(PageFile.PageSize - (method == "gin" ? 2 : 4)));
        return method switch
        {
            // A leaf of the tree of keys: a leaf of row numbers has no line pointers.
            "gin" => (flags & 0x1F) == 2,
            "gist" => (flags & 3) == 1,
            "hash" => (flags & 0xF) is 1 or 2,
            "brin" => BinaryPrimitives.ReadUInt16LittleEndian(page.Bytes.AsSpan(PageFile.PageSize - 2)) == 0xF093,
            _ => throw new InvalidOperationException($"{method} has damages of its own."),
        };
    }

    private static string RowOf(ReadOnlySpan<byte> tuple) => string.Create(System.Globalization.CultureInfo.InvariantCulture,
        $"({(BinaryPrimitives.ReadUInt16LittleEndian(tuple) << 16) + BinaryPrimitives.ReadUInt16LittleEndian(tuple[2..])},{BinaryPrimitives.ReadUInt16LittleEndian(tuple[4..])})");

    /// <summary>The upper bound of a range of numbers loses its highest bit.</summary>
    private static void Shrink(Span<byte> tuple)
    {
        var data = tuple[(tuple[4] & 0x1F)..];
        var width = data.Length >= 16 ? 8 : 4;
        for (var at = 2 * width - 1; at >= width; at--)
        {
            if (data[at] != 0)
            {
                data[at] = 0;
                return;
            }
        }
    }
}
