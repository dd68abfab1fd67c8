namespace HealingWorkers.Drill;

/// <summary>The corpus's database, made once for a version and kind of cluster and copied for each case.</summary>
public sealed class CorpusCluster : IAsyncDisposable
{
    public const string Database = "corpus";

    private readonly PgCluster _made;

    private CorpusCluster(PgCluster made) => _made = made;

    public PgClusterOptions Options => _made.Options;

    public static async Task<CorpusCluster> MakeAsync(PgBinaries binaries, bool checksums, CancellationToken ct = default)
    {
        var cluster = await PgCluster.StartNewAsync(
            new PgClusterOptions
            {
                Binaries = binaries,
                Checksums = checksums,
                Tcp = false,
                Settings = new Dictionary<string, string>(StringComparer.Ordinal)
                {
                    // Small, so that pages are quickly driven out of it and a copy is quickly made.
                    ["shared_buffers"] = "4MB",
                    ["min_wal_size"] = "32MB",
                    ["max_connections"] = "40",
                },
            },
            ct);
        try
        {
            await cluster.CreateDatabaseAsync(Database, ct: ct);
            await cluster.ExecuteAsync(Database, await EmbeddedText.ReadAsync("Corpus.Corpus.sql", ct), ct: ct);
            await cluster.ExecuteAsync(Database, "VACUUM", ct: ct);
            foreach (var statement in (await EmbeddedText.ReadAsync("Corpus.CorpusAfterwards.sql", ct)).Split("ROLLBACK;"))
            {
                // The first part ends with its session, which rolls it back.
                await cluster.ExecuteAsync(Database, statement, ct: ct);
            }
            // What drives pages out of the cache is made here, once for all copies.
            await new RelationEditor(cluster, Database).EditAsync("public.people", null, (_, _) => { }, ct);
            await cluster.StopAsync(ct: ct);
            return new CorpusCluster(cluster);
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>A copy that runs.</summary>
    public async Task<PgCluster> CopyAsync(CancellationToken ct = default)
    {
        var copy = await PgCluster.CopyOfAsync(_made, ct);
        try
        {
            await copy.StartAsync(ct);
            return copy;
        }
        catch
        {
            await copy.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => _made.DisposeAsync();
}
