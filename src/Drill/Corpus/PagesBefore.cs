using System.Buffers.Binary;
using Dapper;

namespace HealingWorkers.Drill;

/// <summary>The damaged tables' pages, and those of their long values, as they were on disk when the healing began.</summary>
public sealed class PagesBefore
{
    private readonly IReadOnlyList<Kept> _files;

    private PagesBefore(IReadOnlyList<Kept> files) => _files = files;

    public static PagesBefore None { get; } = new([]);

    /// <summary>Pages that no server reads, by their checksum or their header: what is in them nobody can tell, so that nothing may be written over them.</summary>
    public int Unreadable => _files.Sum(f => f.Rotten.Count);

    public static async Task<PagesBefore> OfAsync(Scene scene, CancellationToken ct = default)
    {
        await scene.Cluster.ExecuteAsync("postgres", "CHECKPOINT", ct: ct);
        await using var connection = await scene.Cluster.OpenAsync(scene.Database, ct);
        var files = await connection.QueryAsync<(string Table, bool IsMain, string Path)>(
            """
            SELECT name, part = c.oid, pg_relation_filepath(part) FROM unnest(@tables) AS name, pg_class c, unnest(ARRAY[c.oid, nullif(c.reltoastrelid, 0)]) AS part
            WHERE c.oid = name::regclass AND part IS NOT NULL
            """,
            new { tables = scene.Tables.ToArray() });
        var kept = new List<Kept>();
        foreach (var (table, main, path) in files)
        {
            var file = new PageFile(Path.Combine(scene.Cluster.DataDirectory, path));
            var pages = Enumerable.Range(0, (int)file.BlockCount).Select(block => file.Read(block)).ToList();
            kept.Add(new(table, main, file, pages, [.. pages.Index().Where(p => !IsValid(p.Item, p.Index, scene.Cluster.Options.Checksums)).Select(p => (long)p.Index)]));
        }
        return new(kept);
    }

    /// <summary>What the server has in memory alone is written first.</summary>
    public async Task<PageChanges> SinceAsync(PgCluster cluster, CancellationToken ct = default)
    {
        await cluster.ExecuteAsync("postgres", "CHECKPOINT", ct: ct);
        var overwritten = from file in _files from block in file.Rotten where !file.Now(block).SequenceEqual(file.Pages[(int)block]) select (file.Table, block);
        return new([.. overwritten], IsAsItWas);
    }

    /// <summary>The row was there before: nobody wrote it since, and only who sees it may have changed, by what became of its transactions.</summary>
    private bool IsAsItWas(string table, RowPlace place) =>
        _files.FirstOrDefault(f => f.IsMain && f.Table == table) is { } file && place.Block < file.Pages.Count && file.Now(place.Block) is { Length: > 0 } now
        && Row(file.Pages[(int)place.Block], place.Item) is { } before && Row(now, place.Item) is { } after && before.SequenceEqual(after);

    /// <summary>Without the hints on whether its transactions were committed, which any reader sets.</summary>
    private static byte[]? Row(byte[] bytes, int item)
    {
        var page = new HeapPage(bytes);
        if (!page.IsNormal(item))
        {
            return null;
        }
        if (page[item] is var line && (line.Length < 23 || line.Offset + line.Length > bytes.Length))
        {
            // what is read there is no row of this page, nor of any
            return BitConverter.GetBytes(line.Encode());
        }
        var row = page.Tuple(item).ToArray();
        const int hints = HeapPage.XminCommitted | HeapPage.XminInvalid | HeapPage.XmaxCommitted | HeapPage.XmaxInvalid;
        BinaryPrimitives.WriteUInt16LittleEndian(row.AsSpan(20), (ushort)(page.Mask(item) & ~hints));
        return row;
    }

    private static bool IsValid(byte[] page, long block, bool checksums)
    {
        if (!page.AsSpan().ContainsAnyExcept((byte)0))
        {
            return true;
        }
        int At(int offset) => BinaryPrimitives.ReadUInt16LittleEndian(page.AsSpan(offset));
        var (flags, lower, upper, special) = (At(10), At(12), At(14), At(16));
        return (flags & ~7) == 0 && lower <= upper && upper <= special && special <= PageFile.PageSize && special % 8 == 0
            && (!checksums || PageChecksum.Stored(page) == PageChecksum.Of(page, block));
    }

    private sealed record Kept(string Table, bool IsMain, PageFile File, IReadOnlyList<byte[]> Pages, IReadOnlyList<long> Rotten)
    {
        /// <summary>Empty where it is no more.</summary>
        public byte[] Now(long block) => block < File.BlockCount ? File.Read(block) : [];
    }
}

/// <param name="Overwritten">Pages that nobody could read and that are no longer what they were, with their table.</param>
/// <param name="WasThere">Whether a row of a table lies where it lay, as it was.</param>
public sealed record PageChanges(IReadOnlyList<(string Table, long Block)> Overwritten, Func<string, RowPlace, bool> WasThere)
{
    public static PageChanges None { get; } = new([], (_, _) => false);
}
