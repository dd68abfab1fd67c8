using Dapper;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>Rows of a child table that point at rows of a parent: by a foreign key of the catalogue, or because a rule says so.</summary>
public sealed record ForeignKey
{
    // a check runs without a ledger, which else says this
    static ForeignKey() => DefaultTypeMap.MatchNamesWithUnderscores = true;

    public const string OfPublisher = "rows of these tables come from a subscription: what is missing may be on its way, and of a row that is taken away here the publisher's later changes are lost. Nothing is repaired while the subscription is there";

    /// <summary>Null: no foreign key of the catalogue.</summary>
    public required long? Oid { get; init; }
    public required string? Name { get; init; }
    public required long Child { get; init; }
    public required string ChildQuoted { get; init; }
    public required string ChildKind { get; init; }
    public required long Parent { get; init; }
    public required string ParentQuoted { get; init; }
    public required string ParentKind { get; init; }
    public required long ParentPages { get; init; }
    public required int[] ChildNumbers { get; init; }
    public required int[] ParentNumbers { get; init; }
    public required string[] ChildColumns { get; init; }
    public required string[] ParentColumns { get; init; }
    /// <summary>That the row <c>c</c> points at the row <c>p</c>; null where their types cannot be compared.</summary>
    public required string? Condition { get; init; }
    public required bool MatchFull { get; init; }
    /// <summary>a: no action, r: restrict, c: cascade, n: set null, d: set default.</summary>
    public required string OnDelete { get; init; }
    /// <summary>In the same letters.</summary>
    public required string OnUpdate { get; init; }
    /// <summary>Those that ON DELETE SET NULL names; empty means all.</summary>
    public required string[] SetColumns { get; init; }
    /// <summary>All of its triggers are at work, so that no writer of today can break it.</summary>
    public required bool Enforced { get; init; }
    public required string? Definition { get; init; }
    public required bool Validated { get; init; }
    public required bool OfPeriod { get; init; }
    /// <summary>Why what it points at may be on its way; null: it is not.</summary>
    public required string? Loading { get; init; }
    /// <summary>A cast of its comparison that a function of an ordinary role makes, which would have our rights; null: there is none.</summary>
    public required string? OwnCast { get; init; }
    /// <summary>Rows of one of its tables come from a publisher: applied there by a role whose keys do not fire, and perhaps before what they point at.</summary>
    public required bool IsSubscribed { get; init; }

    public RelationName ChildName => new(Child, ChildQuoted);
    public RelationName ParentName => new(Parent, ParentQuoted);
    /// <summary>What a person calls it.</summary>
    public string Label => Name ?? $"{Pointing} -> {Pointed}";
    public string Pointing => $"{ChildQuoted}({string.Join(", ", ChildColumns)})";
    public string Pointed => $"{ParentQuoted}({string.Join(", ", ParentColumns)})";

    /// <summary>
    /// The same promise as the key's own, which deletes and changes nothing. Beside a key that does, it looks when the transaction ends:
    /// the two fire in the order of their names, and a row that the key is about to take along would be refused. Null where the catalogue has none.
    /// </summary>
    public string? Promise => Definition is null || (OnDelete is "a" or "r" && OnUpdate is "a" or "r") ? Definition
        : $"FOREIGN KEY ({string.Join(", ", ChildColumns)}) REFERENCES {ParentQuoted} ({string.Join(", ", ParentColumns)}){(MatchFull ? " MATCH FULL" : "")} DEFERRABLE INITIALLY DEFERRED";

    /// <summary>A key of the catalogue is about the rows of that very table; what a person calls by its name has its heirs' rows too.</summary>
    public bool IsOfHeirs => Oid is null;

    /// <summary>Why its rows are not compared; null: they are.</summary>
    public string? WhyNot => OwnCast is { } cast ? $"its comparison makes use of a cast of somebody's own ({cast}), which would be run with the rights of this role; let a superuser own that function" : Loading;

    private string Points => $"EXISTS (SELECT FROM {(IsOfHeirs || ParentKind == "p" ? "" : "ONLY ")}{ParentQuoted} AS p WHERE {Condition})";

    /// <summary>That the row <c>c</c> points at nothing.</summary>
    public string Orphaned => MatchFull
        ? $"NOT ({string.Join(" AND ", ChildColumns.Select(c => $"c.{c} IS NULL"))}) AND NOT {Points}"
        : $"{string.Join(" AND ", ChildColumns.Select(c => $"c.{c} IS NOT NULL"))} AND NOT {Points}";

    public RowTest Test => new(Orphaned, ChildColumns) { PagesBeside = ParentPages, Beside = [ParentName] };

    /// <summary>Where the indexes still know a row that the parent table has not: then the parent lost it.</summary>
    public string KnownToIndex(string leaf) => $"SELECT pg_catalog.count(*) FROM ONLY {leaf} AS c WHERE c.ctid = ANY (@ctids::pg_catalog.text[]::pg_catalog.tid[]) AND {Points}";

    public static async Task<IReadOnlyList<ForeignKey>> OfCatalogueAsync(NpgsqlConnection connection, long? child, CancellationToken cancel) =>
        (await QueryAsync(connection, child, null, null, cancel).ConfigureAwait(false)).AsList();

    /// <summary>What a rule declares; its columns are those of the two tables, in order.</summary>
    public static async Task<ForeignKey> DeclaredAsync(NpgsqlConnection connection, RuleTable from, RuleTable to, CancellationToken cancel) =>
        (await QueryAsync(connection, null, from, to, cancel).ConfigureAwait(false)).SingleOrDefault()
            ?? throw new HealingException($"{from.Quoted} or {to.Quoted} was dropped while it was looked at", "look again");

    private static Task<IEnumerable<ForeignKey>> QueryAsync(NpgsqlConnection connection, long? table, RuleTable? from, RuleTable? to, CancellationToken cancel) =>
        connection.QueryAsync<ForeignKey>(new CommandDefinition(Sql.Of<ICheck>("foreign_keys"),
            new { table, child = from?.Oid, parent = to?.Oid, child_columns = from?.Numbers, parent_columns = to?.Numbers }, cancellationToken: cancel));
}
