using System.Buffers.Binary;
using System.Globalization;

namespace HealingWorkers.Drill;

/// <summary>Damage to single row versions and their line pointers.</summary>
public sealed class RowDamage(RelationEditor editor)
{
    private const int DeadState = 3;

    /// <summary>Where the first row is that satisfies the condition, by a sequential scan.</summary>
    public async Task<RowPlace> FindAsync(string table, string condition = "true", CancellationToken ct = default) =>
        RowPlace.Parse(await editor.Cluster.ScalarAsync<string>(
            editor.Database,
            $"SET enable_indexscan = off; SET enable_indexonlyscan = off; SET enable_bitmapscan = off; SELECT ctid::text FROM ONLY {table} WHERE {condition} ORDER BY ctid LIMIT 1",
            ct: ct) ?? throw new InvalidOperationException($"No row of {table} satisfies {condition}."));

    /// <summary>Inserted by a transaction that is yet to come: invisible, once its page is not all-visible.</summary>
    public async Task FutureXminAsync(string table, RowPlace row, uint ahead = 1_000_000, DamageMode? mode = null, CancellationToken ct = default)
    {
        var next = await editor.Cluster.ScalarAsync<long>(editor.Database, "SELECT txid_current()", ct: ct);
        await EditAsync(table, row, mode, page =>
        {
            page.SetXmin(row.Item, (uint)next + ahead);
            page.ChangeMask(row.Item, HeapPage.XminCommitted | HeapPage.XminInvalid, 0);
        }, ct);
    }

    /// <summary>Inserted before the oldest transaction that the table may name: readable, until VACUUM refuses.</summary>
    public async Task AncientXminAsync(string table, RowPlace row, uint before = 3, DamageMode? mode = null, CancellationToken ct = default)
    {
        var frozen = uint.Parse(
            (await editor.Cluster.ScalarAsync<string>(editor.Database, "SELECT relfrozenxid::text FROM pg_class WHERE oid = @table::regclass", new { table }, ct))!,
            CultureInfo.InvariantCulture);
        await EditAsync(table, row, mode, page =>
        {
            page.SetXmin(row.Item, frozen - before);
            page.ChangeMask(row.Item, HeapPage.XminInvalid, HeapPage.XminCommitted);
        }, ct);
    }

    /// <summary>The hint says that the inserter was rolled back.</summary>
    public Task XminInvalidAsync(string table, RowPlace row, DamageMode? mode = null, CancellationToken ct = default) =>
        EditAsync(table, row, mode, page => page.ChangeMask(row.Item, HeapPage.XminCommitted, HeapPage.XminInvalid), ct);

    /// <summary>The hint says that a deleter has committed, which was rolled back.</summary>
    public async Task XmaxCommittedAsync(string table, RowPlace row, DamageMode? mode = null, CancellationToken ct = default)
    {
        // The session ends within its transaction, which rolls it back.
        var aborted = await editor.Cluster.ScalarAsync<long>(editor.Database, "BEGIN; SELECT txid_current()", ct: ct);
        await EditAsync(table, row, mode, page =>
        {
            page.SetXmax(row.Item, (uint)aborted);
            page.ChangeMask(row.Item, HeapPage.XmaxInvalid | HeapPage.XmaxLocks, HeapPage.XmaxCommitted);
        }, ct);
    }

    /// <summary>More attributes than the table has.</summary>
    public Task AttributeCountAsync(string table, RowPlace row, int more = 32, DamageMode? mode = null, CancellationToken ct = default) =>
        EditAsync(table, row, mode, page => page.SetAttributes(row.Item, page.Attributes(row.Item) + more), ct);

    /// <summary>Another place for where the values begin. Deadly: a read of it may crash the server.</summary>
    public Task HeaderLengthAsync(string table, RowPlace row, int length = 200, DamageMode? mode = null, CancellationToken ct = default) =>
        EditAsync(table, row, mode, page => page.SetHeaderLength(row.Item, length), ct);

    /// <summary>A value claims to be far longer than its row. Deadly: a read of it may crash the server.</summary>
    public async Task ValueLengthAsync(string table, RowPlace row, string column, DamageMode? mode = null, CancellationToken ct = default)
    {
        var layout = await TupleLayout.OfAsync(editor, table, ct);
        await EditAsync(table, row, mode, page =>
        {
            var value = page.Tuple(row.Item)[layout.Find(page, row.Item, column)];
            if ((value[0] & 1) != 0)
            {
                // Of one byte only: the next value starts 126 bytes on.
                value[0] = 0xFF;
            }
            else
            {
                BinaryPrimitives.WriteUInt32LittleEndian(value, 0x3FFFFFFCu << 2);
            }
        }, ct);
    }

    /// <summary>One bit of a stored value's bytes, its length word left alone.</summary>
    public async Task FlipInValueAsync(string table, RowPlace row, string column, int at = 0, byte mask = 0x01, DamageMode? mode = null, CancellationToken ct = default)
    {
        var layout = await TupleLayout.OfAsync(editor, table, ct);
        await EditAsync(table, row, mode, page =>
        {
            var value = page.Tuple(row.Item)[layout.Find(page, row.Item, column)];
            var word = (value[0] & 1) != 0 ? 1 : 4;
            value[word + at % (value.Length - word)] ^= mask;
        }, ct);
    }

    /// <summary>The line pointer points beside its tuple. Deadly: a read of it may crash the server.</summary>
    public Task LinePointerOffsetAsync(string table, RowPlace row, int by = 4, DamageMode? mode = null, CancellationToken ct = default) =>
        EditAsync(table, row, mode, page => page[row.Item] = page[row.Item] with { Offset = page[row.Item].Offset + by }, ct);

    /// <summary>The line pointer says that nothing is there.</summary>
    public Task LinePointerUnusedAsync(string table, RowPlace row, DamageMode? mode = null, CancellationToken ct = default) =>
        EditAsync(table, row, mode, page => page[row.Item] = default, ct);

    /// <summary>The line pointer says that its row is dead and has no storage.</summary>
    public Task LinePointerDeadAsync(string table, RowPlace row, DamageMode? mode = null, CancellationToken ct = default) =>
        EditAsync(table, row, mode, page => page[row.Item] = new LinePointer(0, DeadState, 0), ct);

    /// <summary>Several line pointers in a row hold nonsense. Deadly: a read of them may crash the server.</summary>
    public Task GarbageLinePointersAsync(string table, RowPlace first, int count, uint seed, DamageMode? mode = null, CancellationToken ct = default) =>
        EditAsync(table, first, mode, page =>
        {
            for (var item = first.Item; item < first.Item + count && item <= page.ItemCount; item++)
            {
                seed = unchecked(seed * 1664525 + 1013904223);
                page[item] = LinePointer.Decode(seed);
            }
        }, ct);

    /// <summary>Two line pointers point at one tuple: the row of the first is gone, that of the other is there twice.</summary>
    public Task OverlapAsync(string table, RowPlace lost, int other, DamageMode? mode = null, CancellationToken ct = default) =>
        EditAsync(table, lost, mode, page => page[lost.Item] = page[other], ct);

    public Task EditAsync(string table, RowPlace row, DamageMode? mode, Action<HeapPage> edit, CancellationToken ct = default) =>
        editor.EditPageAsync(table, row.Block, mode, bytes =>
        {
            var page = new HeapPage(bytes);
            if (!page.IsNormal(row.Item))
            {
                throw new InvalidOperationException($"{row} of {table} is not a row.");
            }
            edit(page);
        }, ct);
}
