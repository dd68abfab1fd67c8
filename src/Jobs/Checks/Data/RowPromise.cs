using Dapper;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>What the catalogue says that every row of a table keeps.</summary>
public sealed record RowPromise
{
    static RowPromise() => DefaultTypeMap.MatchNamesWithUnderscores = true;

    public required long Oid { get; init; }
    public required string Quoted { get; init; }
    /// <summary>As a person would say it; it tells it from others of its table.</summary>
    public required string Promise { get; init; }
    /// <summary>check, not_null, domain for what the CHECKs of a column's domains say, or domain_not_null.</summary>
    public required string Kind { get; init; }
    /// <summary>The server itself lets NULL into a column whose domain refuses it.</summary>
    public bool MayBeLawful => Kind == "domain_not_null";
    public required long? ConstraintOid { get; init; }
    public required string? OfColumn { get; init; }
    /// <summary>True for a row <c>c</c> that does not keep it.</summary>
    public required string Broken { get; init; }
    public required string[]? Columns { get; init; }
    public required string[] Key { get; init; }
    /// <summary>A function in it that is not a superuser's.</summary>
    public required string? ForeignFunction { get; init; }
    /// <summary>What in it says something else in another session.</summary>
    public required string? OfSession { get; init; }

    public RelationName Table => new(Oid, Quoted);
    public RowTest Test => new(Broken, [.. Key, .. (Columns ?? []).Except(Key, StringComparer.Ordinal)]);

    public static async Task<IReadOnlyList<RowPromise>> OfAsync(NpgsqlConnection connection, long? table, CancellationToken cancel, long[]? held = null) =>
        // what is dropped at this moment has no definition any more
        [.. (await connection.QueryAsync<RowPromise>(new CommandDefinition(Sql.Of<ICheck>("row_constraints"), new { table, held = held ?? [] }, cancellationToken: cancel)).ConfigureAwait(false)).Where(p => p.Broken is not null)];

    public static async Task<string> DefinitionAsync(NpgsqlConnection connection, long constraint, CancellationToken cancel) =>
        (await connection.ExecuteScalarAsync<string>(new CommandDefinition(Sql.Of<ICheck>("constraint_definition"), new { oid = constraint }, cancellationToken: cancel)).ConfigureAwait(false))!;
}
