namespace HealingWorkers.Jobs.Options;

/// <summary>What no catalogue can tell about the data of a target.</summary>
public sealed class RulesOptions
{
    public IList<ForeignKeyRule> ForeignKeys { get; set; } = [];
    public IList<AllowedValuesRule> AllowedValues { get; set; } = [];
    public IList<JsonRule> Json { get; set; } = [];
    public IList<SqlRule> Sql { get; set; } = [];
    public IList<DuplicatesRule> Duplicates { get; set; } = [];
}

/// <summary>What is done with a row that breaks a rule.</summary>
public enum RuleAction { Report, Quarantine, Nullify }

/// <summary>Rows of one table point at rows of another, with or without a foreign key that says so.</summary>
public sealed class ForeignKeyRule
{
    public ColumnList From { get; set; } = ColumnList.None;
    public ColumnList To { get; set; } = ColumnList.None;
    public RuleAction OnOrphan { get; set; }
    /// <summary>SQL: which rows are looked at; empty is all of them.</summary>
    public string Where { get; set; } = "";
    public TablePath? AuditTable { get; set; }
}

/// <summary>What a rule about the values of one column says besides what it asks of them.</summary>
public abstract class ValueRule
{
    public ColumnList Column { get; set; } = ColumnList.None;
    public RuleAction OnViolation { get; set; }
    /// <summary>A column that is set where a value was taken away, where the table has it.</summary>
    public string Mark { get; set; } = "needs_review";
    /// <summary>SQL: which rows are looked at; empty is all of them.</summary>
    public string Where { get; set; } = "";
    public TablePath? AuditTable { get; set; }
}

/// <summary>A column holds one of the labels of an enum type, of the values of another column, or of a list.</summary>
public sealed class AllowedValuesRule : ValueRule
{
    public TablePath? Type { get; set; }
    public ColumnList? Lookup { get; set; }
    public IList<string> Values { get; set; } = [];
}

/// <summary>A column holds JSON of a shape.</summary>
public sealed class JsonRule : ValueRule
{
    /// <summary>The file, in full once the configuration is loaded.</summary>
    public string Schema { get; set; } = "";
}

/// <summary>A query that returns what breaks the rule, and nothing where nothing does.</summary>
public sealed class SqlRule
{
    public string Name { get; set; } = "";
    /// <summary>The file, in full once the configuration is loaded.</summary>
    public string Query { get; set; } = "";
    public RuleAction OnViolation { get; set; }
}

/// <summary>Which of several rows under one unique key stays without a person being asked.</summary>
public enum KeepRow { Ask, Referenced, Oldest }

/// <summary>What is done where a table has several rows under a key that is unique.</summary>
public sealed class DuplicatesRule
{
    public TablePath Table { get; set; } = new(null, "");
    public KeepRow Keep { get; set; }
}
