using Npgsql;

namespace HealingWorkers.Drill;

/// <summary>What the server's own functions and plain questions find wrong.</summary>
public static class Soundness
{
    public static async Task<IReadOnlyList<string>> ComplaintsAsync(PgCluster cluster, string database, CancellationToken ct = default)
    {
        try
        {
            return await cluster.QueryAsync<string>(database, await EmbeddedText.ReadAsync("Corpus.Soundness.sql", ct), ct: ct);
        }
        catch (NpgsqlException e)
        {
            return [e.Message];
        }
    }
}
