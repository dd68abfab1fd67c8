using Dapper;
using HealingWorkers.Jobs.Ledger;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace HealingWorkers.Dashboard.Access;

/// <summary>Sessions that were ended before their time, by any replica; read at most once a second, and remembered while the ledger is away.</summary>
internal sealed class Logouts(LedgerDb db, TimeProvider clock, ILogger log, Func<bool> away) : IDisposable
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);
    private readonly SemaphoreSlim _one = new(1);
    private HashSet<string> _ended = new(StringComparer.Ordinal);
    private long? _readAt;

    public async Task<bool> HasAsync(string session, CancellationToken cancel)
    {
        if (away())
            return Volatile.Read(ref _ended).Contains(session);
        await _one.WaitAsync(cancel);
        try
        {
            if (_readAt is not { } at || clock.GetElapsedTime(at) >= Fresh)
            {
                await RefreshAsync(cancel);
                _readAt = clock.GetTimestamp();
            }
            return _ended.Contains(session);
        }
        finally
        {
            _one.Release();
        }
    }

    public async Task EndAsync(string session, DateTimeOffset until, CancellationToken cancel)
    {
        await db.InTransactionAsync((connection, transaction) =>
            connection.ExecuteAsync(new CommandDefinition(Sql.Of<Logouts>("logout_write"), new { Session = session, Until = until }, transaction, cancellationToken: cancel)), cancel);
        await _one.WaitAsync(cancel);
        _ended.Add(session);
        _one.Release();
    }

    public void Dispose() => _one.Dispose();

    private async Task RefreshAsync(CancellationToken cancel)
    {
        try
        {
            _ended = new(await db.ReadAsync(c => c.QueryAsync<string>(new CommandDefinition(Sql.Of<Logouts>("logouts_read"), cancellationToken: cancel)), cancel), StringComparer.Ordinal);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            log.LogWarning("the ledger did not say which sessions were ended: {Error}", e.Message);
        }
    }
}
