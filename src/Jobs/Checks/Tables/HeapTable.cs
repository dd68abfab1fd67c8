using Dapper;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>A relation that is kept as a heap.</summary>
internal sealed record HeapTable
{
    public required long Oid { get; init; }
    public required string Quoted { get; init; }
    public required string Kind { get; init; }
    public required long Pages { get; init; }
    /// <summary>Of the table that keeps its long values.</summary>
    public required long ToastPages { get; init; }
    public required bool IsCatalog { get; init; }
    /// <summary>The table whose long values this one keeps.</summary>
    public required long? MainOid { get; init; }
    public required string? MainQuoted { get; init; }

    public RelationName Name => new(Oid, Quoted);
    public bool IsToast => Kind == "t";
    /// <summary>Nobody's rows are repaired in the catalogue.</summary>
    public bool IsUsers => !IsCatalog && Kind is "r" or "m";

    /// <summary>None for a run that looks at indexes alone.</summary>
    public static async Task<IReadOnlyList<HeapTable>> ListAsync(NpgsqlConnection connection, CheckScope scope, bool sequences, CancellationToken cancel) =>
        scope.Indexes is not null ? []
            : (await connection.QueryAsync<HeapTable>(new CommandDefinition(Sql.Of<ICheck>("heap_tables"), new { table = scope.Table, sequences }, cancellationToken: cancel)).ConfigureAwait(false)).AsList();

    /// <summary>Waits for nobody.</summary>
    public Task<bool> IsGoneAsync(NpgsqlConnection connection, CancellationToken cancel) => PatientList.IsGoneAsync(connection, Oid, cancel);

    /// <summary>Null when it is gone.</summary>
    public Task<HeapSize?> SizeAsync(NpgsqlConnection connection, CancellationToken cancel) => HeapSize.OfAsync(connection, Oid, cancel);
}

internal sealed record HeapSize(long Blocks, string? Path)
{
    /// <summary>Null when the table is gone.</summary>
    public static async Task<HeapSize?> OfAsync(NpgsqlConnection connection, long oid, CancellationToken cancel) =>
        await connection.QuerySingleOrDefaultAsync<HeapSize?>(new CommandDefinition(Sql.Of<ICheck>("heap_size"), new { oid }, cancellationToken: cancel)).ConfigureAwait(false);

    /// <summary>Null when the table is gone. Waits for nobody who holds it.</summary>
    public static Task<string?> PathAsync(NpgsqlConnection connection, long oid, CancellationToken cancel) =>
        connection.ExecuteScalarAsync<string?>(new CommandDefinition(Sql.Of<ICheck>("relation_path"), new { oid }, cancellationToken: cancel));
}
