using Dapper;

namespace HealingWorkers.TestKit;

/// <summary>Brings a relation's pages to disk, out of the cache, and lets its files be edited.</summary>
public sealed class RelationEditor(PgCluster cluster, string database)
{
    public PgCluster Cluster { get; } = cluster;

    public string Database { get; } = database;

    /// <summary>
    /// Edits the files of a relation, named as in SQL (quoted where it must be).
    /// What <paramref name="edit"/> leaves must be right under the given mode; checksums are its own matter.
    /// </summary>
    public async Task<T> EditAsync<T>(string relation, DamageMode mode, Func<PageFile, T> edit, CancellationToken ct = default)
    {
        var place = await LocateAsync(relation, ct);
        if (!mode.Live)
        {
            await Cluster.StopAsync(ct: ct);
            var result = edit(new PageFile(place.Path));
            await Cluster.StartAsync(ct);
            return result;
        }
        await Cluster.ExecuteAsync(Database, "CHECKPOINT", ct: ct);
        await BufferEviction.RunAsync(Cluster, place.DatabaseOid, place.FileNode, ct);
        return edit(new PageFile(place.Path));
    }

    /// <summary>The file of a relation, for a look; flush with a CHECKPOINT before.</summary>
    public async Task<PageFile> FileAsync(string relation, CancellationToken ct = default) =>
        new((await LocateAsync(relation, ct)).Path);

    private async Task<Place> LocateAsync(string relation, CancellationToken ct)
    {
        await using var connection = await Cluster.OpenAsync(Database, ct);
        var (path, databaseOid, fileNode) = await connection.QuerySingleAsync<(string, uint, uint)>(
            """
            SELECT pg_relation_filepath(@relation::regclass),
                   CASE WHEN relisshared THEN 0::oid ELSE (SELECT oid FROM pg_database WHERE datname = current_database()) END,
                   pg_relation_filenode(oid)
            FROM pg_class WHERE oid = @relation::regclass
            """,
            new { relation });
        return new Place(Path.Combine(Cluster.DataDirectory, path), databaseOid, fileNode);
    }

    private sealed record Place(string Path, uint DatabaseOid, uint FileNode);
}
