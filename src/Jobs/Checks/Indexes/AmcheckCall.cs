using HealingWorkers.Jobs.Findings;

namespace HealingWorkers.Jobs.Checks;

/// <summary>A function of amcheck and how a check calls it.</summary>
/// <param name="Types">Of its arguments, the first is the index.</param>
/// <param name="Rest">What it is given behind the index.</param>
/// <param name="RestOfStructure">The same for the index alone, without its table or its uniqueness.</param>
internal sealed record AmcheckCall(string Function, IReadOnlyList<string> Types, string Rest, string StructureFunction, string RestOfStructure, string Method, FindingKind Kind)
{
    public static readonly AmcheckCall Btree = new("bt_index_check", ["regclass", "boolean"], ", true", "bt_index_check", ", false", "btree", FindingKind.BtreeCorrupt);

    public static readonly AmcheckCall Parent = new(
        "bt_index_parent_check", ["regclass", "boolean", "boolean"], ", true, true", "bt_index_parent_check", ", false, false", "btree", FindingKind.BtreeCorrupt);

    public static readonly AmcheckCall Unique = new(
        "bt_index_check", ["regclass", "boolean", "boolean"], ", false, true", "bt_index_check", ", false, false", "btree", FindingKind.BtreeCorrupt)
    {
        UniqueOnly = true, ReadsTable = false, Beyond = FindingKind.DuplicateKeys,
    };

    public static readonly AmcheckCall Gin = new("gin_index_check", ["regclass"], "", "gin_index_check", "", "gin", FindingKind.IndexCorrupt) { ReadsTable = false };

    /// <summary>What is wrong where the structure is sound and the whole call is not.</summary>
    public FindingKind Beyond { get; init; } = Kind;
    public bool UniqueOnly { get; init; }
    /// <summary>Every row of the table is compared, so that the table has been read as well.</summary>
    public bool ReadsTable { get; init; } = true;
    public int Arguments => Types.Count;
    public string Signature => $"{Function}({string.Join(", ", Types)})";

    public string Whole(string schema) => $"SELECT {schema}.{Function}($1::pg_catalog.oid::pg_catalog.regclass{Rest})";

    /// <summary>As a person would send it.</summary>
    public string Shown(string schema, string index) => $"SELECT {schema}.{Function}('{index.Replace("'", "''", StringComparison.Ordinal)}'{Rest})";

    public string Structure(string schema) => $"SELECT {schema}.{StructureFunction}($1::pg_catalog.oid::pg_catalog.regclass{RestOfStructure})";
}
