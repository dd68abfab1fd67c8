using System.Globalization;

namespace HealingWorkers.Drill;

/// <summary>
/// The demonstration database: movies, people, casts, external metadata, partitioned watch events,
/// indexes of every kind, out-of-line values and hostile names.
/// </summary>
public static class MoviesSchema
{
    /// <summary>A B-tree whose schema and own name both need quoting.</summary>
    public const string HostileIndex = "\"we\"\"ird; DROP TABLE x--\".\"we\"\"ird; DROP TABLE x--\"";

    public const string HostileTable = "\"we\"\"ird; DROP TABLE x--\".\"Order's \"\"table\"\"\"";

    public const int DefaultRows = 5_000;

    /// <summary>Creates the database and fills it.</summary>
    public static async Task CreateAsync(
        PgCluster cluster, string database = "movies", int rows = DefaultRows, CancellationToken ct = default)
    {
        await cluster.CreateDatabaseAsync(database, ct: ct);
        await FillAsync(cluster, database, rows, ct);
    }

    /// <summary>Fills a database that is there already.</summary>
    public static async Task FillAsync(
        PgCluster cluster, string database, int rows = DefaultRows, CancellationToken ct = default)
    {
        await cluster.ExecuteAsync(database, await ScriptAsync(rows, ct), ct: ct);
        await cluster.ExecuteAsync(database, "VACUUM", ct: ct);
    }

    public static async Task<string> ScriptAsync(int rows = DefaultRows, CancellationToken ct = default)
    {
        return (await EmbeddedText.ReadAsync("Databases.MoviesSchema.sql", ct)).Replace(
            ":rows", rows.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
    }
}
