namespace HealingWorkers.Jobs.Options;

/// <summary>A table or a type by name, as one writes it in SQL: <c>name</c> or <c>schema.name</c>.</summary>
/// <param name="Schema">Null: wherever the search path of the target's role finds it.</param>
public sealed record TablePath(string? Schema, string Name)
{
    public static TablePath Parse(string text) => SqlNames.Path(text) switch
    {
        [var name] => new(null, name),
        [var schema, var name] => new(schema, name),
        _ => throw new FormatException(),
    };

    public override string ToString() => Schema is null ? SqlNames.Quote(Name) : $"{SqlNames.Quote(Schema)}.{SqlNames.Quote(Name)}";
}

/// <summary>Columns of one table: <c>table.column</c>, <c>schema.table.column</c>, or more of them with commas between.</summary>
public sealed record ColumnList(TablePath Table, IReadOnlyList<string> Columns)
{
    public static readonly ColumnList None = new(new TablePath(null, ""), []);

    public static ColumnList Parse(string text)
    {
        var columns = SqlNames.List(text).Select(SqlNames.Path).ToList();
        if (columns.Count == 0 || columns.Exists(c => c.Count is not (2 or 3)))
        {
            throw new FormatException();
        }
        var tables = columns.Select(c => c is [var schema, var table, _] ? new TablePath(schema, table) : new TablePath(null, c[0])).Distinct().ToList();
        return tables.Count > 1 ? throw new FormatException("all of them must be columns of one table")
            : columns.DistinctBy(c => c[^1], StringComparer.Ordinal).Count() < columns.Count ? throw new FormatException("a column is named twice")
            : new(tables[0], [.. columns.Select(c => c[^1])]);
    }

    public override string ToString() => string.Join(", ", Columns.Select(c => $"{Table}.{SqlNames.Quote(c)}"));
}
