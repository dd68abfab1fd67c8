using System.Data;
using Dapper;
using Npgsql;

namespace HealingWorkers.Jobs.Ledger;

/// <summary>The control database: one pool, snake_case columns, times as DateTimeOffset.</summary>
public sealed class LedgerDb : IAsyncDisposable
{
    static LedgerDb()
    {
        DefaultTypeMap.MatchNamesWithUnderscores = true;
        SqlMapper.AddTypeHandler(new OffsetHandler());
    }

    public LedgerDb(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { IncludeErrorDetail = true };
        settings.ApplicationName ??= "healing";
        ConnectionString = settings.ConnectionString;
        Source = new NpgsqlDataSourceBuilder(ConnectionString).Build();
    }

    public string ConnectionString { get; }

    public NpgsqlDataSource Source { get; }

    public async Task<T> InTransactionAsync<T>(Func<NpgsqlConnection, NpgsqlTransaction, Task<T>> work, CancellationToken cancel)
    {
        await using var connection = await Source.OpenConnectionAsync(cancel).ConfigureAwait(false);
        await using var transaction = await connection.BeginTransactionAsync(cancel).ConfigureAwait(false);
        var result = await work(connection, transaction).ConfigureAwait(false);
        await transaction.CommitAsync(cancel).ConfigureAwait(false);
        return result;
    }

    public ValueTask DisposeAsync() => Source.DisposeAsync();

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
