using System.Collections.Concurrent;
using Dapper;
using HealingWorkers.Jobs.Ledger;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace HealingWorkers.Dashboard.Access;

/// <summary>
/// Sessions that were ended before their time, by any replica. Read at most once a second, and every few seconds though nobody asks,
/// so that they are known when the ledger goes away; what is ended here meanwhile holds here, and is written when it is back.
/// </summary>
internal sealed class Logouts(LedgerDb db, TimeProvider clock, ILogger log, Func<bool> away) : IAsyncDisposable
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(3);
    private readonly SemaphoreSlim _one = new(1);
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentDictionary<string, DateTimeOffset> _unwritten = new(StringComparer.Ordinal);
    private Task _loop = Task.CompletedTask;
    private IReadOnlySet<string> _ended = new HashSet<string>(StringComparer.Ordinal);
    private long? _readAt;

    public void Start() => _loop = Task.Run(LoopAsync);

    public async Task<bool> HasAsync(string session, CancellationToken cancel)
    {
        if (_unwritten.ContainsKey(session) || Volatile.Read(ref _ended).Contains(session))
            return true;
        if (!away())
            await FreshenAsync(cancel);
        return Volatile.Read(ref _ended).Contains(session);
    }

    public async Task EndAsync(string session, DateTimeOffset until, CancellationToken cancel)
    {
        // here at once, whatever the ledger says
        _unwritten[session] = until;
        if (!away())
            await WriteAsync(cancel);
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _loop;
        _end.Dispose();
        _one.Dispose();
    }

    private async Task LoopAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(Every, clock, _end.Token);
                if (away())
                    continue;
                await WriteAsync(_end.Token);
                await FreshenAsync(_end.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task WriteAsync(CancellationToken cancel)
    {
        foreach (var (session, until) in _unwritten)
        {
            try
            {
                await db.InTransactionAsync((connection, transaction) =>
                    connection.ExecuteAsync(new CommandDefinition(Sql.Of<Logouts>("logout_write"), new { Session = session, Until = until }, transaction, cancellationToken: cancel)), cancel);
            }
            catch (Exception e) when (LedgerOutage.Is(e))
            {
                log.LogWarning("the end of a session is not in the ledger yet, and holds here: {Error}", e.Message);
                return;
            }
            await _one.WaitAsync(cancel);
            Volatile.Write(ref _ended, new HashSet<string>(_ended, StringComparer.Ordinal) { session });
            _unwritten.TryRemove(session, out _);
            _one.Release();
        }
    }

    private async Task FreshenAsync(CancellationToken cancel)
    {
        await _one.WaitAsync(cancel);
        try
        {
            if (_readAt is { } at && clock.GetElapsedTime(at) < Fresh)
                return;
            var ended = await db.ReadAsync(c => c.QueryAsync<string>(new CommandDefinition(Sql.Of<Logouts>("logouts_read"), cancellationToken: cancel)), cancel);
            Volatile.Write(ref _ended, new HashSet<string>(ended, StringComparer.Ordinal));
            _readAt = clock.GetTimestamp();
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            _readAt = clock.GetTimestamp();
            log.LogWarning("the ledger did not say which sessions were ended: {Error}", e.Message);
        }
        finally
        {
            _one.Release();
        }
    }
}
