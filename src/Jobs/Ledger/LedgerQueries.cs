using Dapper;
using Npgsql;

namespace HealingWorkers.Jobs.Ledger;

/// <summary>Dapper with its cancellation, so that each call stays one line.</summary>
internal static class LedgerQueries
{
    // The mapping is LedgerDb's, and a migrator comes before the first of these.
    static LedgerQueries() => System.Runtime.CompilerServices.RuntimeHelpers.RunClassConstructor(typeof(LedgerDb).TypeHandle);

    public static async Task<IReadOnlyList<T>> ListAsync<T>(this NpgsqlConnection connection, string sql, object? args, CancellationToken cancel, NpgsqlTransaction? within = null) =>
        (await connection.QueryAsync<T>(new CommandDefinition(sql, args, within, cancellationToken: cancel)).ConfigureAwait(false)).AsList();

    public static Task<T?> FirstAsync<T>(this NpgsqlConnection connection, string sql, object? args, CancellationToken cancel, NpgsqlTransaction? within = null) =>
        connection.QueryFirstOrDefaultAsync<T>(new CommandDefinition(sql, args, within, cancellationToken: cancel));

    public static Task<int> DoAsync(this NpgsqlConnection connection, string sql, object? args, CancellationToken cancel, NpgsqlTransaction? within = null) =>
        connection.ExecuteAsync(new CommandDefinition(sql, args, within, cancellationToken: cancel));

    public static Task<IReadOnlyList<T>> ListAsync<T>(this LedgerDb db, string sql, object? args, CancellationToken cancel) =>
        db.ReadAsync(connection => connection.ListAsync<T>(sql, args, cancel), cancel);

    public static Task<T?> FirstAsync<T>(this LedgerDb db, string sql, object? args, CancellationToken cancel) =>
        db.ReadAsync(connection => connection.FirstAsync<T>(sql, args, cancel), cancel);

    public static Task<int> DoAsync(this LedgerDb db, string sql, object? args, CancellationToken cancel) =>
        db.InTransactionAsync((connection, transaction) => connection.DoAsync(sql, args, cancel, transaction), cancel);
}
