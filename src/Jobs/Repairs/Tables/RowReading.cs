using Dapper;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Pages;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>Reads single rows in a session of its own that cannot write: the driver gives up one in which the server spoke of corruption, and the one that repairs is to stay.</summary>
/// <param name="scanned">By a scan of the page, which shows rows that their own bits hide.</param>
internal sealed class RowReading(RepairSession session, QuarantineTable table, bool scanned) : IAsyncDisposable
{
    /// <summary>How long a server may take to come back after a row has ended it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    /// <summary>Beyond the server's own limit: then it does not answer any more.</summary>
    private const int Seconds = 45;
    private NpgsqlConnection? _connection;
    private bool _opened;

    public async Task<bool> ReadAsync(Tid place, IReadOnlyList<QuarantineColumn> columns, CancellationToken cancel)
    {
        var connection = await ConnectAsync(cancel).ConfigureAwait(false);
        var values = QuarantineTable.ValuesOf(columns);
        var sql = scanned
            ? FormattableString.Invariant($"SELECT pg_catalog.cardinality(l.vals) FROM (SELECT {values} AS vals FROM ONLY {table.Quoted} t WHERE t.ctid >= '({place.Block},0)'::tid AND t.ctid <= '({place.Block},65535)'::tid AND t.ctid::text = '{place}' OFFSET 0) AS l")
            : $"SELECT pg_catalog.cardinality({values}) FROM ONLY {table.Quoted} t WHERE t.ctid = '{place}'::tid";
        return await connection.ExecuteScalarAsync<int?>(new CommandDefinition(sql, commandTimeout: Seconds, cancellationToken: cancel)).ConfigureAwait(false) is not null;
    }

    private async Task<NpgsqlConnection> ConnectAsync(CancellationToken cancel)
    {
        if (_connection is { FullState: System.Data.ConnectionState.Open })
        {
            return _connection;
        }
        await DisposeAsync().ConfigureAwait(false);
        var began = session.Target.Clock.GetTimestamp();
        for (; ; await Task.Delay(Pause, session.Target.Clock, cancel).ConfigureAwait(false))
        {
            try
            {
                _connection = await OpenAsync(cancel).ConfigureAwait(false);
                _opened = true;
                return _connection;
            }
            catch (Exception e) when (e is HealingException or NpgsqlException && _opened && session.Target.Clock.GetElapsedTime(began) < Patience)
            {
                // it comes back from a crash
            }
        }
    }

    /// <summary>One that was not set up might write, and is none.</summary>
    private async Task<NpgsqlConnection> OpenAsync(CancellationToken cancel)
    {
        var connection = await session.Target.OpenRepairAsync(cancel).ConfigureAwait(false);
        try
        {
            await connection.ExecuteAsync(new CommandDefinition(Sql.Of<QuarantineTable>("row_reading"), cancellationToken: cancel)).ConfigureAwait(false);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection is not null)
        {
            await _connection.DisposeAsync().ConfigureAwait(false);
        }
        _connection = null;
    }
}
