using Dapper;

namespace HealingWorkers.Drill;

/// <summary>Damage to the maps beside a table: of what everybody sees, and of free space.</summary>
public sealed class VisibilityDamage(RelationEditor editor)
{
    private const int Header = 24;
    private const int BlocksPerByte = 4;
    private const int BlocksPerPage = (PageFile.PageSize - Header) * BlocksPerByte;
    private const int AllVisible = 1;
    private const int AllFrozen = 2;

    /// <summary>
    /// Rows of one block are deleted, and the map goes on saying that everybody sees all of that block:
    /// an index-only scan still returns them. Gives the block.
    /// </summary>
    public async Task<long> WronglyVisibleAsync(string table, string condition, DamageMode? mode = null, CancellationToken ct = default)
    {
        await editor.Cluster.ExecuteAsync(editor.Database, $"VACUUM {table}", ct: ct);
        var block = await ChangeAsync($"DELETE FROM ONLY {table} WHERE ctid = (SELECT ctid FROM ONLY {table} WHERE {condition} ORDER BY ctid LIMIT 1) RETURNING ctid::text", ct);
        await SetAsync(table, block, AllVisible, mode, ct);
        return block;
    }

    /// <summary>A row is written, and the map says that nothing in its block needs freezing any more. Gives the block.</summary>
    /// <param name="insert">An INSERT of one row, without RETURNING.</param>
    public async Task<long> WronglyFrozenAsync(string table, string insert, DamageMode? mode = null, CancellationToken ct = default)
    {
        await editor.Cluster.ExecuteAsync(editor.Database, $"VACUUM {table}", ct: ct);
        var block = await ChangeAsync($"{insert} RETURNING ctid::text", ct);
        await editor.EditPageAsync(table, block, mode, page => new HeapPage(page).AllVisible = true, ct);
        await SetAsync(table, block, AllVisible | AllFrozen, mode, ct);
        return block;
    }

    /// <summary>Sets bits of a block in the map, which a VACUUM must have made before.</summary>
    public Task SetAsync(string table, long block, int bits, DamageMode? mode = null, CancellationToken ct = default) =>
        editor.EditForkAsync(table, "vm", mode, (file, fix) =>
        {
            var page = file.Read(block / BlocksPerPage);
            var within = (int)(block % BlocksPerPage);
            page[Header + within / BlocksPerByte] |= (byte)(bits << within % BlocksPerByte * 2);
            file.Write(block / BlocksPerPage, page, fix);
        }, ct);

    /// <summary>A page of the free space map becomes nonsense. It is only a hint: PostgreSQL rewrites it by use.</summary>
    public Task FreeSpaceAsync(string table, int page = 0, DamageMode? mode = null, CancellationToken ct = default) =>
        editor.EditForkAsync(table, "fsm", mode, (file, fix) =>
        {
            var block = page % file.BlockCount;
            var bytes = file.Read(block);
            bytes.AsSpan(Header).Fill(0xA5);
            file.Write(block, bytes, fix);
        }, ct);

    private async Task<long> ChangeAsync(string sql, CancellationToken ct)
    {
        await using var connection = await editor.Cluster.OpenAsync(editor.Database, ct);
        var ctid = await connection.ExecuteScalarAsync<string>(Sessions.Command(sql, null, ct));
        return RowPlace.Parse(ctid ?? throw new InvalidOperationException("Nothing was changed: " + sql)).Block;
    }
}
