using System.Buffers.Binary;
using Dapper;

namespace HealingWorkers.Drill;

/// <summary>Pages of tables that no server reads, by their checksum or their header: what is in them nobody can tell, so that nothing may be written over them.</summary>
public sealed class RottenPages
{
    private readonly IReadOnlyList<Page> _pages;

    private RottenPages(IReadOnlyList<Page> pages) => _pages = pages;

    public static RottenPages None { get; } = new([]);

    public int Count => _pages.Count;

    /// <summary>Of the damaged tables and of their long values.</summary>
    public static async Task<RottenPages> OfAsync(Scene scene, CancellationToken ct = default)
    {
        await scene.Cluster.ExecuteAsync("postgres", "CHECKPOINT", ct: ct);
        await using var connection = await scene.Cluster.OpenAsync(scene.Database, ct);
        var files = await connection.QueryAsync<(string Table, string File)>(
            """
            SELECT name, pg_relation_filepath(part) FROM unnest(@tables) AS name, pg_class c, unnest(ARRAY[c.oid, nullif(c.reltoastrelid, 0)]) AS part
            WHERE c.oid = name::regclass AND part IS NOT NULL
            """,
            new { tables = scene.Tables.ToArray() });
        var pages = new List<Page>();
        foreach (var (table, path) in files)
        {
            var file = new PageFile(Path.Combine(scene.Cluster.DataDirectory, path));
            pages.AddRange(file.Where((block, page) => !IsValid(page, block, scene.Cluster.Options.Checksums)).Select(block => new Page(table, file, block, file.Read(block))));
        }
        return new(pages);
    }

    /// <summary>Those that are no longer what they were, with the table that each is of. What the server has in memory alone is written first.</summary>
    public async Task<IReadOnlyList<(string Table, long Block)>> OverwrittenAsync(PgCluster cluster, CancellationToken ct = default)
    {
        await cluster.ExecuteAsync("postgres", "CHECKPOINT", ct: ct);
        return [.. _pages.Where(p => p.Block >= p.File.BlockCount || !p.File.Read(p.Block).AsSpan().SequenceEqual(p.Bytes)).Select(p => (p.Table, p.Block))];
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

    private sealed record Page(string Table, PageFile File, long Block, byte[] Bytes);
}
