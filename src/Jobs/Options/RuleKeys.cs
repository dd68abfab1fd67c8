using static HealingWorkers.Jobs.Options.ConfigType;

namespace HealingWorkers.Jobs.Options;

/// <summary>The keys of a target's rules.</summary>
internal static class RuleKeys
{
    private const string Rules = "targets[].rules.";
    private const string ForeignKeys = Rules + "foreign_keys[]";
    private const string Allowed = Rules + "allowed_values[]";
    private const string Json = Rules + "json[]";
    private const string Sql = Rules + "sql[]";
    private const string Duplicates = Rules + "duplicates[]";
    private const string Where = "An SQL condition: which rows are looked at (`deleted_at IS NULL`); empty is all.";
    private const string Audit = "A table of the target's own that gets a row for each row that was changed.";

    public static readonly IReadOnlyList<ConfigList> Lists =
    [
        ConfigList.Of<TargetOptions, ForeignKeyRule>(ForeignKeys, t => t.Rules.ForeignKeys),
        ConfigList.Of<TargetOptions, AllowedValuesRule>(Allowed, t => t.Rules.AllowedValues),
        ConfigList.Of<TargetOptions, JsonRule>(Json, t => t.Rules.Json),
        ConfigList.Of<TargetOptions, SqlRule>(Sql, t => t.Rules.Sql),
        ConfigList.Of<TargetOptions, DuplicatesRule>(Duplicates, t => t.Rules.Duplicates),
    ];

    public static readonly IReadOnlyList<ConfigKey> All =
    [
        Of<ForeignKeyRule>(ForeignKeys, "from", Columns, null, "The columns that point, of one table.", (r, v) => r.From = (ColumnList)v!),
        Of<ForeignKeyRule>(ForeignKeys, "to", Columns, null, "The columns that they point at. Where the catalogue has this foreign key, the rule says what is done with its orphans.", (r, v) => r.To = (ColumnList)v!),
        Of<ForeignKeyRule>(ForeignKeys, "on_orphan", Choice<RuleAction>(), "report", "What is done with a row that points at nothing.", (r, v) => r.OnOrphan = (RuleAction)v!),
        Of<ForeignKeyRule>(ForeignKeys, "where", Text, "", Where, (r, v) => r.Where = (string)v!),
        Of<ForeignKeyRule>(ForeignKeys, "audit_table", Table, "", Audit, (r, v) => r.AuditTable = (TablePath?)v),

        Of<AllowedValuesRule>(Allowed, "column", Column, null, "The column.", (r, v) => r.Column = (ColumnList)v!),
        Of<AllowedValuesRule>(Allowed, "type", Table, "", "An enum type whose labels are allowed; this, `lookup` or `values`.", (r, v) => r.Type = (TablePath?)v),
        Of<AllowedValuesRule>(Allowed, "lookup", Optional(Column), "", "A column whose values are allowed.", (r, v) => r.Lookup = (ColumnList?)v),
        Of<AllowedValuesRule>(Allowed, "values[]", Text, "", "A value that is allowed.", (r, v) => r.Values.Add((string)v!)),
        .. OfValues<AllowedValuesRule>(Allowed),

        Of<JsonRule>(Json, "column", Column, null, "A column of type json or jsonb, or of text that holds JSON.", (r, v) => r.Column = (ColumnList)v!),
        Of<JsonRule>(Json, "schema", ConfigType.Path, null, "A file with a JSON Schema, beside healing.yaml.", (r, v) => r.Schema = (string)v!),
        .. OfValues<JsonRule>(Json),

        Of<SqlRule>(Sql, "name", Text, null, "What the rule is called.", (r, v) => r.Name = (string)v!),
        Of<SqlRule>(Sql, "query", ConfigType.Path, null, "A file with one SELECT, beside healing.yaml: its rows are what breaks the rule.", (r, v) => r.Query = (string)v!),
        Of<SqlRule>(Sql, "on_violation", OnlyReport, "report", "What is done.", (r, v) => r.OnViolation = (RuleAction)v!),

        Of<DuplicatesRule>(Duplicates, "table", TableName, null, "A table with unique keys; of a partitioned one, all its partitions.", (r, v) => r.Table = (TablePath)v!),
        Of<DuplicatesRule>(Duplicates, "keep", Choice<KeepRow>(), "ask", "Which of several rows under one key stays without asking: the one that others refer to, or the one written the longest ago. Where that does not decide, a person is asked.", (r, v) => r.Keep = (KeepRow)v!),
    ];

    private static ConfigType OnlyReport => new("report", text => text == "report" ? RuleAction.Report : throw new FormatException("what it returns says nothing about which rows to change"));

    private static IEnumerable<ConfigKey> OfValues<T>(string list) where T : ValueRule =>
    [
        Of<T>(list, "on_violation", Choice<RuleAction>(), "report", "What is done with a value that is not allowed.", (r, v) => r.OnViolation = (RuleAction)v!),
        Of<T>(list, "mark", Text, "needs_review", "A column that is set where a value was nullified, where the table has it.", (r, v) => r.Mark = (string)v!),
        Of<T>(list, "where", Text, "", Where, (r, v) => r.Where = (string)v!),
        Of<T>(list, "audit_table", Table, "", Audit, (r, v) => r.AuditTable = (TablePath?)v),
    ];

    private static ConfigKey Of<T>(string list, string key, ConfigType type, string? initial, string description, Action<T, object?> bind) where T : class =>
        new($"{list}.{key}", type, initial, description, (rule, v) => bind((T)rule, v));
}
