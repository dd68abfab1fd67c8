using System.Globalization;
using Dapper;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>A table of the target's own that gets a row for each row that is changed or taken away, in the same transaction.</summary>
public sealed record AuditTable(string Quoted, IReadOnlyList<DataColumn> Columns)
{
    private static readonly string[] Known = ["table_name", "column_name", "row_key", "old_value", "action", "reason", "incident", "changed_at", "changed_by"];

    /// <summary>Refuses a table that says nothing of what is known, or wants something else.</summary>
    public static async Task<AuditTable?> OfAsync(NpgsqlConnection connection, TablePath? path, CancellationToken cancel)
    {
        if (path is null)
        {
            return null;
        }
        var table = await RuleTable.OfAsync(connection, new ColumnList(path, []), cancel).ConfigureAwait(false);
        var columns = await DataColumn.OfAsync(connection, table.Oid, cancel).ConfigureAwait(false);
        var filled = columns.Where(c => Known.Contains(c.Name, StringComparer.Ordinal) && !c.TakesNone).ToList();
        return columns.FirstOrDefault(c => c is { NotNull: true, HasDefault: false, TakesNone: false } && !filled.Contains(c)) is { } wanted
                ? throw new HealingException($"the audit table {table.Quoted} wants a value in {wanted.Quoted}, and nothing is known that belongs there", "give that column a default, or name another audit table")
            : !filled.Exists(c => c.Name is "old_value" or "row_key")
                ? throw new HealingException($"the audit table {table.Quoted} has neither a column row_key nor old_value", "docs/rules.md says which columns are filled")
            : new(table.Quoted, filled);
    }

    public string Statement(DataWork work, RelationName leaf) =>
        $"INSERT INTO {Quoted} ({string.Join(", ", Columns.Select(c => c.Quoted))})\nSELECT {string.Join(", ", Columns.Select(c => Value(c, work)))}\n"
        + $"FROM ONLY {leaf.Quoted} AS t WHERE t.ctid OPERATOR(pg_catalog.=) ANY (@ctids::pg_catalog.text[]::pg_catalog.tid[])";

    /// <summary>What the parameters of the statement stand for, beside the places.</summary>
    public string Parameters(DataWork work, RelationName leaf) => string.Join("; ", Columns.Select(c => c.Name switch
    {
        "table_name" => $"@table_name: {leaf.Quoted}",
        "column_name" => $"@column_name: {work.Column ?? "NULL"}",
        "action" => $"@action: {work.Verb}",
        "reason" => $"@reason: {work.Reason}",
        "incident" => work.Incident.Id == 0 ? "@incident: its number" : string.Create(CultureInfo.InvariantCulture, $"@incident: {work.Incident.Id}"),
        _ => null,
    }).Where(p => p is not null));

    /// <summary>Before the rows are touched.</summary>
    public async Task WriteAsync(RepairSession session, DataWork work, RelationName leaf, IReadOnlyList<string> ctids, StatementLog log, CancellationToken cancel)
    {
        var statement = Statement(work, leaf);
        log.Add(statement);
        await SearchPath.UseTheirsAsync(session.Connection, cancel).ConfigureAwait(false);
        var written = await session.Connection.ExecuteAsync(new CommandDefinition(statement, new
        {
            ctids = ctids.ToArray(), table_name = leaf.Quoted, column_name = work.Column, action = work.Verb, reason = work.Reason, incident = work.Incident.Id,
        }, commandTimeout: 0, cancellationToken: cancel)).ConfigureAwait(false);
        await SearchPath.UseOursAsync(session.Connection, cancel).ConfigureAwait(false);
        if (written != ctids.Count)
        {
            throw new HealingException($"the audit table {Quoted} took {written} of {ctids.Count} rows", "Everything is rolled back. Something of this table steps in between.");
        }
    }

    private static string Value(DataColumn column, DataWork work)
    {
        var json = column.Type is "json" or "jsonb";
        // t alone would be a column of that name
        var value = column.Name switch
        {
            "row_key" => work.Key.Count == 0 ? "pg_catalog.to_jsonb(t.ctid::pg_catalog.text)"
                : string.Create(CultureInfo.InvariantCulture, $"pg_catalog.jsonb_build_object({string.Join(", ", work.Key.Select(k => $"{Literal(k)}, t.{k}"))})"),
            "old_value" => work.Column is { } one ? json ? $"pg_catalog.to_jsonb(t.{one})" : $"t.{one}" : "pg_catalog.to_jsonb(t.*)",
            "changed_at" => "pg_catalog.now()",
            "changed_by" => "current_user",
            _ => json ? $"pg_catalog.to_jsonb(@{column.Name}::pg_catalog.text)" : $"@{column.Name}",
        };
        return column.Category == "S" ? $"({value})::pg_catalog.text" : column.Type == "json" ? $"({value})::pg_catalog.json" : value;
    }

    /// <summary>A quoted name as a text without its quotes.</summary>
    private static string Literal(string quoted) =>
        $"'{(quoted[0] == '"' ? quoted[1..^1].Replace("\"\"", "\"", StringComparison.Ordinal) : quoted).Replace("'", "''", StringComparison.Ordinal)}'";
}
