using System.Globalization;
using Npgsql;

namespace HealingWorkers.Drill;

/// <summary>What the server's own functions and plain questions find wrong.</summary>
public static class Soundness
{
    /// <summary>Those too that break what only the classes' rules promise.</summary>
    public static async Task<IReadOnlyList<string>> ComplaintsAsync(PgCluster cluster, string database, IEnumerable<DamageClass> damages, CancellationToken ct = default)
    {
        List<string> complaints = [.. await ComplaintsAsync(cluster, database, ct)];
        foreach (var damage in damages.Where(d => d.Violated.Length > 0))
        {
            try
            {
                var rows = await cluster.ScalarAsync<long>(database, $"{Scene.Sequential} SELECT count(*) FROM {damage.Violated}", ct: ct);
                if (rows > 0)
                {
                    complaints.Add(string.Create(CultureInfo.InvariantCulture, $"{damage.Name}: {rows} rows still break the rule"));
                }
            }
            catch (NpgsqlException e)
            {
                complaints.Add(e.Message);
            }
        }
        return complaints;
    }

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
