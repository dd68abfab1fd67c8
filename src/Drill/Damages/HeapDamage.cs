using System.Buffers.Binary;

namespace HealingWorkers.Drill;

/// <summary>Damage to tables. It may lose rows: that is what it is for.</summary>
public sealed class HeapDamage(RelationEditor editor)
{
    /// <summary>A page becomes zeros, which is a legal empty page: its rows are gone without a word.</summary>
    public Task ZeroPageAsync(string table, long block, DamageMode? mode = null, CancellationToken ct = default) =>
        editor.EditPageAsync(table, block, mode, page => Array.Clear(page), ct);

    public Task FlipByteAsync(
        string table, long block, int offset, byte mask = 0x01, DamageMode? mode = null, CancellationToken ct = default) =>
        editor.EditPageAsync(table, block, mode, page => page[offset] ^= mask, ct);

    /// <summary>Flips bits within one row version, its header included; items count from 1.</summary>
    public Task FlipInTupleAsync(
        string table, long block, int item, int offset, byte mask = 0x01, DamageMode? mode = null, CancellationToken ct = default) =>
        editor.EditPageAsync(table, block, mode, page => new SlottedPage(page).Tuple(item)[offset] ^= mask, ct);

    /// <summary>A header that makes no sense: an invalid page even without checksums.</summary>
    public Task GarbagePageAsync(string table, long block, DamageMode? mode = null, CancellationToken ct = default) =>
        editor.EditPageAsync(
            table, block, mode, page => BinaryPrimitives.WriteUInt16LittleEndian(page.AsSpan(14), 0xFFF0), ct);

    public Task TruncateFileAsync(string table, long blocks, DamageMode? mode = null, CancellationToken ct = default) =>
        editor.EditAsync(table, mode, (file, _) => file.Truncate(blocks), ct);

    public Task MissingFileAsync(string table, DamageMode? mode = null, CancellationToken ct = default) =>
        editor.EditAsync(table, mode, (file, _) => file.Delete(), ct);

    public async Task<long> BlockCountAsync(string table, CancellationToken ct = default)
    {
        await editor.Cluster.ExecuteAsync(editor.Database, "CHECKPOINT", ct: ct);
        return (await editor.FileAsync(table, ct)).BlockCount;
    }
}
