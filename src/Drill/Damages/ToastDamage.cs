using System.Globalization;

namespace HealingWorkers.Drill;

/// <summary>Damage to values that are kept out of line.</summary>
public sealed class ToastDamage(RelationEditor editor)
{
    private const int ChunkData = 12;

    /// <summary>The table of a table's out-of-line values, named for use with the other damages.</summary>
    public async Task<string> TableOfAsync(string table, CancellationToken ct = default) =>
        await editor.Cluster.ScalarAsync<string>(
            editor.Database, "SELECT nullif(reltoastrelid, 0)::regclass::text FROM pg_class WHERE oid = @table::regclass", new { table }, ct)
        ?? throw new InvalidOperationException($"{table} has no toast table.");

    /// <summary>One chunk is no longer there. Gives the value's id.</summary>
    public async Task<long> RemoveChunkAsync(string table, int which = 0, DamageMode? mode = null, CancellationToken ct = default)
    {
        var (toast, id, row) = await PickAsync(table, which, ct);
        await new RowDamage(editor).LinePointerUnusedAsync(toast, row, mode, ct);
        return id;
    }

    /// <summary>One chunk holds other bytes of the same length. Gives the value's id.</summary>
    public async Task<long> ChangeChunkAsync(string table, int which = 0, DamageMode? mode = null, CancellationToken ct = default)
    {
        var (toast, id, row) = await PickAsync(table, which, ct);
        await new RowDamage(editor).EditAsync(toast, row, mode, page =>
        {
            var data = page.Tuple(row.Item)[(page.HeaderLength(row.Item) + ChunkData)..];
            for (var i = 0; i < data.Length && i < 4; i++)
            {
                // Stays a letter or a digit of a hash: still text, only another one.
                data[i] ^= 0x01;
            }
        }, ct);
        return id;
    }

    private async Task<(string Toast, long Id, RowPlace Row)> PickAsync(string table, int which, CancellationToken ct)
    {
        var toast = await TableOfAsync(table, ct);
        var chunks = await editor.Cluster.QueryAsync<string>(
            editor.Database, $"SELECT chunk_id::text || '/' || ctid::text FROM {toast} ORDER BY chunk_id, chunk_seq", ct: ct);
        var chunk = chunks[which % chunks.Count].Split('/');
        return (toast, long.Parse(chunk[0], CultureInfo.InvariantCulture), RowPlace.Parse(chunk[1]));
    }
}
