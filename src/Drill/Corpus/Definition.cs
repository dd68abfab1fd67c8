namespace HealingWorkers.Drill;

/// <summary>One line of what a database is made of.</summary>
/// <param name="Kind">`file`: which files it has; `def`: what it is.</param>
/// <param name="Table">The table that it belongs to, itself where it is one.</param>
public sealed record Definition(string Kind, string Name, string Table, string? Value)
{
    public static async Task<IReadOnlyList<Definition>> ReadAsync(PgCluster cluster, string database, CancellationToken ct) =>
        await cluster.QueryAsync<Definition>(database, await EmbeddedText.ReadAsync("Corpus.Definitions.sql", ct), ct: ct);
}
