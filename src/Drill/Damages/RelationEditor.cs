using Dapper;

namespace HealingWorkers.Drill;

/// <summary>Brings a relation's pages to disk, out of the cache, and lets its files be edited.</summary>
public sealed class RelationEditor(PgCluster cluster, string database)
{
    public PgCluster Cluster { get; } = cluster;

    public string Database { get; } = database;

    /// <summary>
    /// Edits the files of a relation, named as in SQL (quoted where it must be).
    /// The edit is told whether to recompute the checksum of what it writes.
    /// </summary>
    public Task EditAsync(
        string relation, DamageMode? mode, Action<PageFile, bool> edit, CancellationToken ct = default) =>
        EditForkAsync(relation, "", mode, edit, ct);

    /// <summary>The same for what lies beside a relation: its `vm` or its `fsm`.</summary>
    public async Task EditForkAsync(
        string relation, string fork, DamageMode? mode, Action<PageFile, bool> edit, CancellationToken ct = default)
    {
        mode ??= DamageMode.Default;
        var fix = mode.FixChecksum && Cluster.Options.Checksums;
        var place = await LocateAsync(relation, ct);
        var path = fork.Length == 0 ? place.Path : $"{place.Path}_{fork}";
        if (mode.Live)
        {
            await using var connection = await Cluster.OpenAsync(Database, ct);
            if (mode.Lock && place.Table is { } table)
            {
                await connection.ExecuteAsync($"BEGIN; SET LOCAL lock_timeout = '20s'; LOCK TABLE ONLY {table} IN ACCESS EXCLUSIVE MODE");
            }
            await connection.ExecuteAsync(Sessions.Command("CHECKPOINT", null, ct));
            await BufferEviction.RunAsync(Cluster, place.DatabaseOid, place.FileNode, ct);
            edit(new PageFile(path), fix);
            // given back here, and not some time after the session was closed
            await connection.ExecuteAsync("ROLLBACK");
            return;
        }
        await Cluster.StopAsync(ct: ct);
        edit(new PageFile(path), fix);
        await Cluster.StartAsync(ct);
    }

    public Task EditPageAsync(
        string relation, long block, DamageMode? mode, Action<byte[]> edit, CancellationToken ct = default) =>
        EditAsync(relation, mode, (file, fix) =>
        {
            var page = file.Read(block);
            edit(page);
            file.Write(block, page, fix);
        }, ct);

    /// <summary>The file of a relation, for a look; flush with a CHECKPOINT before.</summary>
    public async Task<PageFile> FileAsync(string relation, CancellationToken ct = default) =>
        new((await LocateAsync(relation, ct)).Path);

    private async Task<Place> LocateAsync(string relation, CancellationToken ct)
    {
        await using var connection = await Cluster.OpenAsync(Database, ct);
        var (path, databaseOid, fileNode, table) = await connection.QuerySingleAsync<(string, uint, uint, string?)>(
            """
            SELECT pg_relation_filepath(c.oid),
                   CASE WHEN c.relisshared THEN 0::oid ELSE (SELECT oid FROM pg_database WHERE datname = current_database()) END,
                   pg_relation_filenode(c.oid),
                   (SELECT t.oid::regclass::text
                    FROM pg_class t LEFT JOIN pg_index i ON i.indexrelid = c.oid
                    WHERE t.oid >= 16384 AND t.relkind = 'r' AND coalesce(i.indrelid, c.oid) IN (t.oid, t.reltoastrelid))
            FROM pg_class c WHERE c.oid = @relation::regclass
            """,
            new { relation });
        return new Place(Path.Combine(Cluster.DataDirectory, path), databaseOid, fileNode, table);
    }

    /// <param name="Table">The user's table that owns it, itself included; none for catalogues.</param>
    private sealed record Place(string Path, uint DatabaseOid, uint FileNode, string? Table);
}
