using System.Data;
using Dapper;
using HealingWorkers.Jobs.Errors;
using Npgsql;

namespace HealingWorkers.Jobs.Ledger;

/// <summary>The control database: one bounded pool, statement time-outs, snake_case columns, times as DateTimeOffset.</summary>
public sealed class LedgerDb : IAsyncDisposable
{
    // A process that is frozen within a transaction must not keep the whole fleet from its rows: the server ends that session soon.
    private const string Limits = "-c statement_timeout=30s -c lock_timeout=15s -c idle_in_transaction_session_timeout=3s";
    private const int DefaultPool = 20;
    private const int DeadlockTries = 3;
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    private readonly TimeProvider _clock;
    private readonly TimeSpan _patience;

    static LedgerDb()
    {
        DefaultTypeMap.MatchNamesWithUnderscores = true;
        // Dapper prefers its own map to a handler, and Npgsql takes no offset but that of UTC
        SqlMapper.RemoveTypeMap(typeof(DateTimeOffset));
        SqlMapper.RemoveTypeMap(typeof(DateTimeOffset?));
        SqlMapper.AddTypeHandler(new OffsetHandler());
    }

    /// <param name="patience">How long work outlasts a control database that is away; nothing is tried again once its commit was sent.</param>
    public LedgerDb(string connectionString, TimeProvider? clock = null, TimeSpan patience = default)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { IncludeErrorDetail = true };
        settings.ApplicationName ??= "healing";
        settings.Options = string.IsNullOrEmpty(settings.Options) ? Limits : $"{Limits} {settings.Options}";
        settings.MaxPoolSize = Math.Min(settings.MaxPoolSize, DefaultPool);
        settings.MinPoolSize = Math.Min(settings.MinPoolSize, settings.MaxPoolSize);
        ConnectionString = settings.ConnectionString;
        Source = new NpgsqlDataSourceBuilder(ConnectionString).Build();
        _clock = clock ?? TimeProvider.System;
        _patience = patience;
    }

    public string ConnectionString { get; }

    public NpgsqlDataSource Source { get; }

    /// <summary>All or nothing. What is done within must only be done to the ledger, since an interrupted try is made again.</summary>
    public async Task<T> InTransactionAsync<T>(Func<NpgsqlConnection, NpgsqlTransaction, Task<T>> work, CancellationToken cancel)
    {
        await using var held = await PatientlyAsync(async () =>
        {
            var connection = await Source.OpenConnectionAsync(cancel).ConfigureAwait(false);
            try
            {
                var transaction = await connection.BeginTransactionAsync(cancel).ConfigureAwait(false);
                var result = await work(connection, transaction).ConfigureAwait(false);
                if (ChangeMark.Current is { } mark)
                {
                    await connection.DoAsync(Sql.Of<AnswerLedger>("answer_changed"), mark, cancel, transaction).ConfigureAwait(false);
                }
                return new Held<T>(connection, transaction, result);
            }
            catch
            {
                await connection.DisposeAsync().ConfigureAwait(false);
                throw;
            }
        }, cancel).ConfigureAwait(false);
        await held.Transaction.CommitAsync(cancel).ConfigureAwait(false);
        return held.Result;
    }

    /// <summary>Reading, which may be repeated at will.</summary>
    public Task<T> ReadAsync<T>(Func<NpgsqlConnection, Task<T>> read, CancellationToken cancel) => PatientlyAsync(async () =>
    {
        await using var connection = await Source.OpenConnectionAsync(cancel).ConfigureAwait(false);
        return await read(connection).ConfigureAwait(false);
    }, cancel);

    public ValueTask DisposeAsync() => Source.DisposeAsync();

    private async Task<T> PatientlyAsync<T>(Func<Task<T>> work, CancellationToken cancel)
    {
        var begun = _clock.GetTimestamp();
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await work().ConfigureAwait(false);
            }
            catch (NpgsqlException away) when (away.IsTransient || SaysGoingDown(away))
            {
                // the server has rolled it back and lives; 25P03 also comes of this machine standing still
                var rolledBack = away.SqlState is SqlState.DeadlockDetected or SqlState.IdleInTransaction && tries < DeadlockTries;
                if (!rolledBack && _clock.GetElapsedTime(begun) >= _patience)
                    throw;
            }
            var pause = TimeSpan.FromMilliseconds(50 * Math.Pow(2, Math.Min(tries, 8)));
            await Task.Delay(pause < LongestPause ? pause : LongestPause, _clock, cancel).ConfigureAwait(false);
        }
    }

    private static bool SaysGoingDown(NpgsqlException e) =>
        e.SqlState is SqlState.AdminShutdown or SqlState.CrashShutdown or SqlState.CannotConnectNow or SqlState.IdleInTransaction;

    private sealed record Held<T>(NpgsqlConnection Connection, NpgsqlTransaction Transaction, T Result) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Transaction.DisposeAsync().ConfigureAwait(false);
            await Connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    private sealed class OffsetHandler : SqlMapper.TypeHandler<DateTimeOffset>
    {
        public override DateTimeOffset Parse(object value) => value switch
        {
            DateTimeOffset at => at,
            DateTime at => new DateTimeOffset(DateTime.SpecifyKind(at, DateTimeKind.Utc)),
            _ => throw new InvalidCastException($"a time came as {value.GetType()}"),
        };

        public override void SetValue(IDbDataParameter parameter, DateTimeOffset value) => parameter.Value = value.ToUniversalTime();
    }
}
