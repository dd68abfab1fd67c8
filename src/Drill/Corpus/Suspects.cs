using System.Globalization;

namespace HealingWorkers.Drill;

/// <summary>
/// Which rows a damage struck: a repair may take them out of their table or change them, and what they take along, and no others.
/// A row is named by where it lay when the picture of the whole was taken.
/// </summary>
public sealed class Suspects
{
    private readonly List<(string Table, string Condition, string? Alike)> _conditions = [];
    private readonly Dictionary<(string Table, RowPlace Place), string?> _rows = [];
    private readonly HashSet<(string Table, long Block)> _blocks = [];

    internal IReadOnlyList<KeyFact> Keys { get; private set; } = [];

    public void Row(string table, RowPlace row) => _rows[(table, row)] = null;

    /// <summary>The page itself is broken: whoever takes it out takes all of its rows.</summary>
    public void Block(string table, long block) => _blocks.Add((table, block));

    /// <summary>The rows that satisfy a condition when the picture is taken.</summary>
    public void Where(string table, string condition) => _conditions.Add((table, condition, null));

    /// <summary>The rows that share a value when the picture is taken: all but one of each may go, and who refers to those may be changed.</summary>
    public void Alike(string table, string expression) => _conditions.Add((table, $"{expression} IS NOT NULL", expression));

    /// <summary>Finds the rows while every page is still sound.</summary>
    public async Task SettleAsync(PgCluster cluster, string database, CancellationToken ct = default)
    {
        var keys = await cluster.QueryAsync<(string Child, string[] From, string Parent, string[] To, string OnDelete)>(database, await EmbeddedText.ReadAsync("Corpus.Keys.sql", ct), ct: ct);
        Keys = [.. keys.Select(k => new KeyFact(k.Child, k.From, k.Parent, k.To, k.OnDelete))];
        foreach (var (table, condition, alike) in _conditions)
        {
            // Counted over a window, not joined: a join would stop at the first match, believing in the very key that is double.
            var found = await cluster.QueryAsync<(string Place, string? Value, long Shared)>(
                database,
                $"""
                {Scene.Sequential}
                SELECT ctid::text, ({alike ?? "NULL"})::text, count(*) OVER (PARTITION BY {alike ?? "ctid"}) FROM ONLY {table} WHERE {condition}
                """,
                ct: ct);
            foreach (var (place, value, _) in found.Where(f => alike is null || f.Shared > 1))
            {
                _rows[(table, RowPlace.Parse(place))] = alike is null ? null : string.Create(CultureInfo.InvariantCulture, $"{table}/{alike}/{value}");
            }
        }
    }

    /// <param name="group">The rows that it is one of, where all but one may go.</param>
    internal bool Has(string table, RowImage row, out string? group)
    {
        group = null;
        return row.Place is { } place && (_rows.TryGetValue((table, place), out group) || _blocks.Contains((table, place.Block)));
    }
}
