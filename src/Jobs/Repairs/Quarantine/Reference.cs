using Dapper;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>A foreign key that refers to a table, and one table with rows that it holds for.</summary>
/// <param name="OnDelete">As the catalogue says it: a no action, r restrict, c cascade, n set null, d set default.</param>
internal sealed record Reference
{
    public required long Oid { get; init; }
    public required string Name { get; init; }
    public required string OnDelete { get; init; }
    public required string OnUpdate { get; init; }
    public required long Leaf { get; init; }
    public required string Quoted { get; init; }
    public required string[] Conditions { get; init; }
    public required string[] SetColumns { get; init; }
    public required string[] Referenced { get; init; }
    public required bool IsDisabled { get; init; }
    /// <summary>An index finds its rows.</summary>
    public required bool IsIndexed { get; init; }

    /// <summary>That a row <c>t</c> of the leaf refers to a row <c>p</c>.</summary>
    public string Condition => string.Join(" AND ", Conditions);

    public string What => $"the foreign key {Name} of {Quoted}";

    /// <summary>What it does to its rows when those go that they refer to.</summary>
    public string Taking => $"ON DELETE {OnDelete switch { "c" => "CASCADE", "n" => "SET NULL", _ => "SET DEFAULT" }} of {Name}";

    /// <summary>Columns of its table that lose their value then.</summary>
    public IReadOnlyList<QuarantineColumn> Loosened(QuarantineTable table) => [.. table.Columns.Where(c => SetColumns.Contains(c.Name, StringComparer.Ordinal))];

    /// <summary>As UPDATE says it.</summary>
    public string Loosening(QuarantineTable table) => string.Join(", ", Loosened(table).Select(c => $"{c.Quoted} = {(OnDelete is "n" ? "NULL" : "DEFAULT")}"));

    public static async Task<IReadOnlyList<Reference>> ToAsync(NpgsqlConnection connection, long table, CancellationToken cancel) =>
        (await connection.QueryAsync<Reference>(new CommandDefinition(Sql.Of<QuarantineTable>("quarantine_references"), new { oid = table }, cancellationToken: cancel)).ConfigureAwait(false)).AsList();
}
