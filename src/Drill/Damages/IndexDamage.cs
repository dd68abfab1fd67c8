using System.Buffers.Binary;

namespace HealingWorkers.Drill;

/// <summary>Damage to B-tree indexes. Leaves count from 0, from the left; a negative number counts from the right.</summary>
public sealed class IndexDamage(RelationEditor editor)
{
    /// <summary>A leaf becomes zeros: escapes checksums.</summary>
    public Task ZeroLeafAsync(string index, int leaf = 1, DamageMode? mode = null, CancellationToken ct = default) =>
        EditLeafAsync(index, leaf, mode, page => Array.Clear(page.Bytes), ct);

    /// <summary>The contents of one leaf appear in another's place, links and all.</summary>
    public Task CopyLeafAsync(string index, int from = 1, int to = 2, DamageMode? mode = null, CancellationToken ct = default) =>
        editor.EditAsync(index, mode, (file, fix) =>
        {
            var leaves = BTreePage.Leaves(file);
            file.Write(Pick(leaves, to), file.Read(Pick(leaves, from)), fix);
        }, ct);

    public Task SwapLeavesAsync(string index, int one = 1, int other = 2, DamageMode? mode = null, CancellationToken ct = default) =>
        editor.EditAsync(index, mode, (file, fix) =>
        {
            var leaves = BTreePage.Leaves(file);
            var (a, b) = (Pick(leaves, one), Pick(leaves, other));
            var (pageOfA, pageOfB) = (file.Read(a), file.Read(b));
            file.Write(a, pageOfB, fix);
            file.Write(b, pageOfA, fix);
        }, ct);

    /// <summary>Flips bits in the first key column of an entry in the middle of a leaf.</summary>
    public async Task FlipKeyInLeafAsync(string index, int leaf = 1, DamageMode? mode = null, CancellationToken ct = default)
    {
        // Of a number the highest byte, so that the order breaks for certain; of a text its first character.
        var length = await editor.Cluster.ScalarAsync<int>(
            editor.Database, "SELECT attlen::int FROM pg_attribute WHERE attrelid = @index::regclass AND attnum = 1", new { index }, ct);
        var (at, mask) = length is 2 or 4 or 8 ? (length - 1, (byte)0x40) : (1, (byte)0x08);
        await EditLeafAsync(index, leaf, mode, page =>
        {
            const int header = 8;
            var item = (page.FirstItem + page.ItemCount) / 2;
            while (page.HasNulls(item))
            {
                item++;
            }
            page.Tuple(item)[header + at] ^= mask;
        }, ct);
    }

    /// <summary>A key of the root, of an index over numbers, says more than the least of the page that it leads to: each level for itself is sound.</summary>
    public Task RaiseSeparatorAsync(string index, DamageMode? mode = null, CancellationToken ct = default) =>
        editor.EditAsync(index, mode, (file, fix) =>
        {
            const int header = 8;
            var root = BTreePage.Root(file);
            var page = new BTreePage(file.Read(root));
            // the first item has no key
            var item = Enumerable.Range(2, page.ItemCount - 1).First(i => page.Tuple(i)[header] < byte.MaxValue);
            page.Tuple(item)[header]++;
            file.Write(root, page.Bytes, fix);
        }, ct);

    /// <summary>An entry in the middle of a leaf leads far behind the end of the table, and its row is in the index no more.</summary>
    public Task MislayEntryAsync(string index, int leaf = 1, DamageMode? mode = null, CancellationToken ct = default) =>
        EditLeafAsync(index, leaf, mode, page => page.Tuple((page.FirstItem + page.ItemCount) / 2)[0] ^= 1, ct);

    /// <summary>Entries vanish without a trace in the index: only a comparison with the table finds out.</summary>
    public Task RemoveLeafEntriesAsync(
        string index, int leaf = 1, int count = 5, DamageMode? mode = null, CancellationToken ct = default) =>
        EditLeafAsync(index, leaf, mode, page =>
        {
            var available = page.ItemCount - page.FirstItem + 1;
            ArgumentOutOfRangeException.ThrowIfGreaterThan(count, available - 2);
            page.RemoveItems(page.FirstItem + (available - count) / 2, count);
        }, ct);

    /// <summary>The file is gone: every query that only plans over the table fails.</summary>
    public Task MissingFileAsync(string index, DamageMode? mode = null, CancellationToken ct = default) =>
        editor.EditAsync(index, mode, (file, _) => file.Delete(), ct);

    /// <summary>A page whose header makes no sense: invalid even without checksums.</summary>
    public Task GarbagePageAsync(string index, int leaf = 1, DamageMode? mode = null, CancellationToken ct = default) =>
        EditLeafAsync(index, leaf, mode, page => BinaryPrimitives.WriteUInt16LittleEndian(page.Bytes.AsSpan(14), 0xFFF0), ct);

    public Task TruncateFileAsync(string index, long blocks, DamageMode? mode = null, CancellationToken ct = default) =>
        editor.EditAsync(index, mode, (file, _) => file.Truncate(blocks), ct);

    /// <summary>The index of a table's out-of-line values, named for use with the other damages.</summary>
    public async Task<string> ToastIndexOfAsync(string table, CancellationToken ct = default) =>
        await editor.Cluster.ScalarAsync<string>(
            editor.Database,
            """
            SELECT i.indexrelid::regclass::text
            FROM pg_class c JOIN pg_index i ON i.indrelid = c.reltoastrelid
            WHERE c.oid = @table::regclass
            """,
            new { table }, ct) ?? throw new InvalidOperationException($"{table} has no toast table.");

    public async Task<int> LeafCountAsync(string index, CancellationToken ct = default)
    {
        await editor.Cluster.ExecuteAsync(editor.Database, "CHECKPOINT", ct: ct);
        return BTreePage.Leaves(await editor.FileAsync(index, ct)).Count;
    }

    private Task EditLeafAsync(string index, int leaf, DamageMode? mode, Action<BTreePage> edit, CancellationToken ct) =>
        editor.EditAsync(index, mode, (file, fix) =>
        {
            var block = Pick(BTreePage.Leaves(file), leaf);
            var page = new BTreePage(file.Read(block));
            edit(page);
            file.Write(block, page.Bytes, fix);
        }, ct);

    private static long Pick(IReadOnlyList<long> leaves, int leaf) =>
        leaf < leaves.Count && leaf >= -leaves.Count
            ? leaves[leaf < 0 ? leaves.Count + leaf : leaf]
            : throw new ArgumentOutOfRangeException(nameof(leaf), leaf, $"The index has {leaves.Count} leaves.");
}
