using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>A read-only transaction, in which nothing but the tables themselves says what the data are.</summary>
public sealed class DataReading : IAsyncDisposable
{
    private readonly NpgsqlTransaction _transaction;

    private DataReading(NpgsqlConnection connection, NpgsqlTransaction transaction) => (Connection, _transaction) = (connection, transaction);

    public NpgsqlConnection Connection { get; }

    /// <param name="alone">Nobody else needs the server, so that it may use more processes for one query.</param>
    public static Task<DataReading> OpenAsync(Target target, bool alone, CancellationToken cancel) => OpenAsync(target, "data_settings", alone, cancel);

    /// <summary>The other way round: indexes answer wherever they can, each question within the limit, since one whose pages lead in a circle never would.</summary>
    public static Task<DataReading> ByIndexAsync(Target target, TimeSpan limit, CancellationToken cancel) => OpenAsync(target, "data_settings_index", alone: false, cancel, limit);

    private static async Task<DataReading> OpenAsync(Target target, string settings, bool alone, CancellationToken cancel, TimeSpan? limit = null)
    {
        var connection = await target.OpenCheckAsync(cancel).ConfigureAwait(false);
        try
        {
            await SessionLife.NoticeLostClientAsync(connection, cancel).ConfigureAwait(false);
            var transaction = await connection.BeginTransactionAsync(cancel).ConfigureAwait(false);
            await using var command = new NpgsqlCommand(Sql.Of<ICheck>(settings), connection) { Parameters = { new("alone", alone), new("limit", $"{limit?.TotalSeconds ?? 0:0}s") } };
            await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
            return new(connection, transaction);
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync().ConfigureAwait(false);
        await Connection.DisposeAsync().ConfigureAwait(false);
    }
}
