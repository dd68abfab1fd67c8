using HealingWorkers.Jobs.Pages;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Checks;

/// <summary>An index whose entries are compared with the rows of its table.</summary>
internal sealed record ProbedIndex
{
    public required long Oid { get; init; }
    public required string BareName { get; init; }
    public required string Quoted { get; init; }
    public required long TableOid { get; init; }
    public required string TableQuoted { get; init; }
    public required string Method { get; init; }
    public required string? Path { get; init; }
    public required string? TablePath { get; init; }
    public required string? Predicate { get; init; }
    public required string FirstKey { get; init; }
    public required bool IsExclusion { get; init; }
    public required bool CallsFunctions { get; init; }
    public required string? ForeignOwner { get; init; }
    public required string[] KeyNames { get; init; }
    public required string[] KeyTypes { get; init; }
    public required int[] KeyLengths { get; init; }
    public required string[] KeyAlignments { get; init; }

    /// <summary>The key's columns as expressions, each with the collation that the index sorts by.</summary>
    public required string[] Keys { get; init; }
    /// <summary>Of a BRIN index, by column, the server's own operators by which its bounds are compared; null where it keeps no bounds.</summary>
    public required string?[] AtLeast { get; init; }
    public required string?[] AtMost { get; init; }
    /// <summary>Of a BRIN index, by column, whether it keeps several ranges and single values (minmax_multi) instead of one range.</summary>
    public required bool[] SeveralBounds { get; init; }
    /// <summary>Of a hash index, what a row's entry holds: its key's hash. Of a GIN index, how many entries a row has in it. Null where a function would have to be called that is not the server's own.</summary>
    public required string? CodeOf { get; init; }
    /// <summary>Of a GIN index, the hashes of the keys that a row has in it, where they can be told; in place of how many they are.</summary>
    public required string? KeysOf { get; init; }
    /// <summary>Of a GIN index over lists, how long a row's is, doubles among it.</summary>
    public required string? LengthOf { get; init; }
    public EntryMemory Memory => CodeOf is null ? EntryMemory.Presence : Method == "gin" ? EntryMemory.Counts : EntryMemory.Codes;

    /// <summary>Of a GIN index, by column, how its keys follow each other: `bytes`, `numbers`, or null where that is not known here.</summary>
    public required string?[] GinOrders { get; init; }

    /// <summary>The first columns of the table's B-tree indexes, by which a row can be asked for another way.</summary>
    public required string[] Witnesses { get; init; }

    /// <summary>What a row must satisfy to be in the index; null for every row. A hash index has no entries for NULLs, and its key may be nothing that can be computed of the others.</summary>
    public string? Condition => Method == "hash" ? Predicate is null ? HasKey : $"CASE WHEN ({Predicate}) THEN {HasKey} ELSE false END" : Predicate;
    private string HasKey => $"{FirstKey} IS DISTINCT FROM NULL";
    public GinKeys? GinKeys => Method != "gin" ? null : new([.. GinOrders.Select((order, n) => new GinColumn(
        order switch { "bytes" => GinOrder.Bytes, "numbers" => GinOrder.Numbers, _ => GinOrder.Unknown }, KeyLengths[n], KeyAlignments[n]))]);
    public bool IsBrin => Method == "brin";
    public bool IsBtree => Method == "btree";
    public GinKeySet? NewKeys() => KeysOf is null ? null : new(GinKeys!, KeyTypes[0] is "smallint" or "integer" or "bigint");
    public GinLeaves? NewLeaves() => GinKeys is { } keys ? new(keys) : null;
    /// <summary>Only whether each row is in it, by any key.</summary>
    public ProbedIndex WithoutKeys() => this with { CodeOf = null, KeysOf = null, LengthOf = null };
    public RelationName Name => new(Oid, Quoted);
    public RelationName Table => new(TableOid, TableQuoted);
}

/// <summary>A row's place in its table.</summary>
internal readonly record struct HeapPlace(uint Block, ushort Offset)
{
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"({Block},{Offset})");
}
