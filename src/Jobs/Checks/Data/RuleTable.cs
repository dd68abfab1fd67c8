using Dapper;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>The table and the columns that a rule names, as the catalogue has them.</summary>
public sealed record RuleTable
{
    // a check runs without a ledger, which else says this
    static RuleTable() => DefaultTypeMap.MatchNamesWithUnderscores = true;

    public required long Oid { get; init; }
    public required string Quoted { get; init; }
    public required string Kind { get; init; }
    public required string Persistence { get; init; }
    /// <summary>Quoted, in the order of the rule.</summary>
    public required string[] Columns { get; init; }
    public required int[] Numbers { get; init; }
    /// <summary>Base types by name.</summary>
    public required string[] Types { get; init; }
    /// <summary>That the column of the row <c>c</c> is among <c>@allowed</c>; empty where its type knows no equality.</summary>
    public required string[] Allowed { get; init; }
    /// <summary>Quoted columns of the primary key.</summary>
    public required string[] Key { get; init; }
    /// <summary>A cast of a column's type that a function of an ordinary role makes, which would have our rights; null: there is none.</summary>
    public required string? OwnCast { get; init; }

    public RelationName Name => new(Oid, Quoted);

    /// <summary>A name without a schema means what it means to whoever wrote it down.</summary>
    public static async Task<RuleTable> OfAsync(NpgsqlConnection connection, ColumnList columns, CancellationToken cancel)
    {
        var oid = await TheirsAsync<long?>(connection, "rule_oid", columns.Table, cancel).ConfigureAwait(false)
            ?? throw new HealingException($"there is no table {columns.Table}", "correct the rule in healing.yaml");
        var table = await connection.QuerySingleOrDefaultAsync<RuleTable>(new CommandDefinition(Sql.Of<ICheck>("rule_table"),
            new { oid, columns = columns.Columns.ToArray() }, cancellationToken: cancel)).ConfigureAwait(false) ?? throw new HealingException($"{columns.Table} was dropped while it was looked at", "look again");
        return table.Columns.Length != columns.Columns.Count ? throw new HealingException($"{table.Quoted} has not the columns {columns}", "correct the rule in healing.yaml")
            : table.Kind is not ("r" or "p") ? throw new HealingException($"{table.Quoted} is no table", "a rule is about the columns of a table of this database")
            : table.OwnCast is { } cast ? throw new HealingException($"{table.Quoted} has a type with a cast of somebody's own ({cast}), which would be run with the rights of this role", "let a superuser own that function, or leave the rule out")
            : table;
    }

    public static async Task<IReadOnlyList<string>> LabelsAsync(NpgsqlConnection connection, TablePath type, CancellationToken cancel)
    {
        await SearchPath.UseTheirsAsync(connection, cancel).ConfigureAwait(false);
        var labels = (await connection.QueryAsync<string>(new CommandDefinition(Sql.Of<ICheck>("enum_labels"), new { path = Path(type) }, cancellationToken: cancel)).ConfigureAwait(false)).AsList();
        await SearchPath.UseOursAsync(connection, cancel).ConfigureAwait(false);
        return labels.Count > 0 ? labels : throw new HealingException($"there is no enum type {type}", "correct the rule in healing.yaml");
    }

    /// <summary>Whether the name means that table, or one that it is a partition of.</summary>
    public static async Task<bool> CoversAsync(NpgsqlConnection connection, TablePath path, long table, CancellationToken cancel)
    {
        await SearchPath.UseTheirsAsync(connection, cancel).ConfigureAwait(false);
        var covers = await connection.ExecuteScalarAsync<bool?>(new CommandDefinition(Sql.Of<ICheck>("rule_covers"), new { path = Path(path), table }, cancellationToken: cancel)).ConfigureAwait(false);
        await SearchPath.UseOursAsync(connection, cancel).ConfigureAwait(false);
        return covers == true;
    }

    private static async Task<T> TheirsAsync<T>(NpgsqlConnection connection, string query, TablePath path, CancellationToken cancel)
    {
        await SearchPath.UseTheirsAsync(connection, cancel).ConfigureAwait(false);
        var found = await connection.ExecuteScalarAsync<T>(new CommandDefinition(Sql.Of<ICheck>(query), new { path = Path(path) }, cancellationToken: cancel)).ConfigureAwait(false);
        await SearchPath.UseOursAsync(connection, cancel).ConfigureAwait(false);
        return found!;
    }

    private static string Path(TablePath path) => (path.Schema is null ? "" : Always(path.Schema) + ".") + Always(path.Name);

    private static string Always(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
