using System.Buffers.Binary;
using System.Security.Cryptography;

namespace HealingWorkers.Drill;

/// <summary>Damage to whole pages and files of tables. It may lose rows: that is what it is for.</summary>
public sealed class HeapDamage(RelationEditor editor)
{
    private const int Half = PageFile.PageSize / 2;

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

    /// <summary>Somebody else's bytes: an invalid page even without checksums.</summary>
    /// <param name="bytes">The page; null: any bytes.</param>
    public Task ForeignPageAsync(string table, long block, byte[]? bytes = null, DamageMode? mode = null, CancellationToken ct = default) =>
        editor.EditPageAsync(
            table, block, (mode ?? DamageMode.Default) with { FixChecksum = false }, page => (bytes ?? RandomNumberGenerator.GetBytes(PageFile.PageSize)).CopyTo(page, 0), ct);

    /// <summary>The first half of the page, header and line pointers, never reached the disk.</summary>
    public Task TearFirstHalfAsync(string table, long block, DamageMode? mode = null, CancellationToken ct = default) =>
        editor.EditPageAsync(table, block, mode, page => Array.Clear(page, 0, Half), ct);

    /// <summary>The second half of the page, where most rows are, never reached the disk.</summary>
    public Task TearSecondHalfAsync(string table, long block, DamageMode? mode = null, CancellationToken ct = default) =>
        editor.EditPageAsync(table, block, mode, page => Array.Clear(page, Half, Half), ct);

    /// <summary>The rows are sound, only the checksum is not. Without checksums it is no damage.</summary>
    public Task ChecksumFieldAsync(string table, long block, DamageMode? mode = null, CancellationToken ct = default) =>
        editor.EditPageAsync(table, block, (mode ?? DamageMode.Default) with { FixChecksum = false }, page => page[8] ^= 0x5A, ct);

    /// <summary>A block is written to another one's place.</summary>
    public Task MisplaceBlockAsync(string table, long from, long to, DamageMode? mode = null, CancellationToken ct = default) =>
        editor.EditAsync(table, mode, (file, fix) => file.Write(to, file.Read(from), fix), ct);

    /// <summary>The page as it is on disk now, to be put back later.</summary>
    public async Task<byte[]> ReadPageAsync(string table, long block, CancellationToken ct = default)
    {
        await editor.Cluster.ExecuteAsync(editor.Database, "CHECKPOINT", ct: ct);
        return (await editor.FileAsync(table, ct)).Read(block);
    }

    /// <summary>The disk never wrote what came after this page was read: an older, sound page is there.</summary>
    public Task LoseWriteAsync(string table, long block, byte[] before, DamageMode? mode = null, CancellationToken ct = default) =>
        editor.EditAsync(table, mode, (file, fix) => file.Write(block, before, fix), ct);

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
