using Dapper;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>A table as the catalogue has it now.</summary>
public sealed record TableLook
{
    public required long Oid { get; init; }
    public required string Quoted { get; init; }
    public required string Kind { get; init; }
    public required bool IsCatalog { get; init; }
    public required bool IsTemporary { get; init; }
    public required long Pages { get; init; }
    public required long Blocks { get; init; }
    public required long? ToastOid { get; init; }
    /// <summary>The table whose long values it keeps, for a TOAST table.</summary>
    public required long? MainOid { get; init; }
    public required string Owner { get; init; }
    public required bool IsOwned { get; init; }
    /// <summary>May be vacuumed and rebuilt by our role: as its owner, or from 17 on by the MAINTAIN right.</summary>
    public required bool IsOurs { get; init; }
    public required bool MayRead { get; init; }
    /// <summary>The extension that it belongs to.</summary>
    public required string? Extension { get; init; }
    /// <summary>Row security hides rows even from its owner.</summary>
    public required bool HidesRows { get; init; }

    public RelationName Name => new(Oid, Quoted);

    public static Task<TableLook?> AtAsync(NpgsqlConnection connection, long oid, CancellationToken cancel) =>
        connection.QuerySingleOrDefaultAsync<TableLook>(new CommandDefinition(Sql.Of<IndexLook>("table_look"), new { oid }, cancellationToken: cancel));

    public Task<IReadOnlyList<TableIndex>> IndexesAsync(NpgsqlConnection connection, CancellationToken cancel) => TableIndex.OfAsync(connection, Oid, cancel);

    public string Renamed => $"{Quoted} has another name by now, or another table has this one";

    /// <summary>What is locked or vacuumed by name may be another table than the one that was looked at.</summary>
    public Task<bool> HasItsNameAsync(NpgsqlConnection connection, CancellationToken cancel) =>
        connection.ExecuteScalarAsync<bool>(new CommandDefinition(Sql.Of<IndexLook>("still_named"), new { Quoted, Oid }, cancellationToken: cancel));

    /// <summary>Why nothing of it is repaired; null where it may be.</summary>
    public string? Refusal(RepairSession session) =>
        session.Facts.IsStandby ? "the target is a standby: a table is repaired on its primary"
        : IsTemporary ? $"{Quoted} belongs to another session's temporary table"
        : IsCatalog ? $"{Quoted} belongs to the system catalogue: a person restores it"
        : !IsOurs ? $"the role {session.Role} may not repair {Quoted}: GRANT {Owner} TO {session.Role}"
        : null;

    /// <summary>The same of what works on its rows: those of an extension are the extension's.</summary>
    public string? RowRefusal(RepairSession session) => Refusal(session)
        ?? (Extension is null ? null : $"{Quoted} belongs to the extension {Extension}, which alone knows what its rows mean: a person repairs it, or creates the extension anew");

    /// <summary>What a person should know who approves work on the rows of a published table; null where nobody publishes it.</summary>
    /// <param name="what">What that means for the subscribers.</param>
    public async Task<string?> PublishedAsync(NpgsqlConnection connection, string what, CancellationToken cancel) =>
        await connection.ExecuteScalarAsync<string?>(new CommandDefinition(Sql.Of<IndexLook>("table_publications"), new { oid = MainOid ?? Oid }, cancellationToken: cancel)).ConfigureAwait(false) is { } by
            ? $"{Quoted} is published ({by}): {what}" : null;
}

public sealed record TableIndex
{
    public required long Oid { get; init; }
    public required string Quoted { get; init; }
    public required bool IsBtree { get; init; }

    public static async Task<IReadOnlyList<TableIndex>> OfAsync(NpgsqlConnection connection, long table, CancellationToken cancel) =>
        (await connection.QueryAsync<TableIndex>(new CommandDefinition(Sql.Of<IndexLook>("whole_btrees"), new { oid = table }, cancellationToken: cancel)).ConfigureAwait(false)).AsList();
}
