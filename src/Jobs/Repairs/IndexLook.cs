using Dapper;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>An index as the catalogue has it now.</summary>
public sealed record IndexLook
{
    public required long Oid { get; init; }
    public required string Quoted { get; init; }
    public required long TableOid { get; init; }
    public required string TableQuoted { get; init; }
    public required string Kind { get; init; }
    public required string Method { get; init; }
    public required bool Usable { get; init; }
    public required bool IsExclusion { get; init; }
    public required bool IsCatalog { get; init; }
    public required bool IsShared { get; init; }
    public required long? FileNode { get; init; }
    public required bool IsMapped { get; init; }
    public required bool IsTemporary { get; init; }
    public required bool BacksConstraint { get; init; }
    public required bool IsAttached { get; init; }
    /// <summary>May be rebuilt by our role: as its owner, or from 17 on by the MAINTAIN right.</summary>
    public required bool IsOurs { get; init; }
    /// <summary>May be dropped by our role.</summary>
    public required bool IsOwned { get; init; }
    public required string Owner { get; init; }
    public required long Pages { get; init; }
    public required long TablePages { get; init; }
    public required string Definition { get; init; }

    /// <summary>The index that bears the name of the damaged one, or what became of it; null when it is gone.</summary>
    public static Task<IndexLook?> AtAsync(NpgsqlConnection connection, RelationName name, CancellationToken cancel) =>
        connection.QuerySingleOrDefaultAsync<IndexLook>(new CommandDefinition(
            Sql.Of<IndexLook>("index_look"), new { oid = name.Oid, quoted = name.Quoted }, cancellationToken: cancel));

    /// <summary>What its file will take once built: the old size, or what the table suggests where that is not known.</summary>
    public long ExpectedBytes => Math.Max(Pages, TablePages / 2) * Sizes.Block;

    private static class Sizes
    {
        public const long Block = 8192;
    }
}
