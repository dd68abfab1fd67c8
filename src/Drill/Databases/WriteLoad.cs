using System.Collections.Concurrent;
using System.Globalization;
using Dapper;
using Npgsql;

namespace HealingWorkers.Drill;

/// <summary>
/// Clients that insert, update and delete, and remember what was acknowledged to them,
/// so that afterwards nothing acknowledged may be missing.
/// </summary>
public sealed class WriteLoad : IAsyncDisposable
{
    private readonly string _connectionString;
    private readonly WriteLoadOptions _options;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, int> _failures = new(StringComparer.Ordinal);

    // What each row may be: one value that is certain, or two after a reply was lost. Null is "not there".
    private readonly ConcurrentDictionary<long, string?[]> _rows = new();
    private readonly Task[] _clients;
    private long _acknowledged;
    private long _missed;

    private WriteLoad(string connectionString, WriteLoadOptions options)
    {
        _connectionString = connectionString;
        _options = options;
        _clients = [.. Enumerable.Range(0, options.Clients).Select(n => Task.Run(() => RunAsync(n, _stop.Token)))];
    }

    public long Acknowledged => Interlocked.Read(ref _acknowledged);

    /// <summary>Updates and deletes that did not find a row which is there, as through a broken index.</summary>
    public long Missed => Interlocked.Read(ref _missed);

    /// <summary>Statements that failed, by SQLSTATE; `connection` when there was none.</summary>
    public IReadOnlyDictionary<string, int> Failures => _failures;

    public static WriteLoad Start(string connectionString, WriteLoadOptions? options = null) =>
        new(connectionString, options ?? new WriteLoadOptions());

    /// <summary>Waits until so many more writes were acknowledged.</summary>
    public Task WaitForAsync(long more, TimeSpan timeout, CancellationToken ct = default)
    {
        var goal = Acknowledged + more;
        return Poll.UntilAsync(() => Acknowledged >= goal, timeout, $"{more} acknowledged writes", ct);
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_clients);
    }

    /// <summary>Compares the table, read without indexes, with what was acknowledged. Empty when all is well.</summary>
    public Task<IReadOnlyList<string>> FindLossesAsync(CancellationToken ct = default) => FindLossesOnAsync(_connectionString, ct);

    /// <summary>On another server, which is to have all of it.</summary>
    public async Task<IReadOnlyList<string>> FindLossesOnAsync(string connectionString, CancellationToken ct = default)
    {
        await StopAsync();
        await using var connection = await Sessions.OpenAsync(connectionString, ct);
        await connection.ExecuteAsync("SET enable_indexscan = off; SET enable_indexonlyscan = off; SET enable_bitmapscan = off");
        var found = (await connection.QueryAsync<(long Id, string Value)>(
            Sessions.Command(_options.ReadAll, new { id = _options.FirstId }, ct))).ToLookup(row => row.Id, row => row.Value);
        var losses = new List<string>();
        foreach (var (id, allowed) in _rows)
        {
            string?[] present = found.Contains(id) ? [.. found[id]] : [null];
            if (present.Length != 1 || !allowed.Contains(present[0], StringComparer.Ordinal))
            {
                losses.Add($"row {id}: {Show(present)} instead of {Show(allowed)}");
            }
        }
        losses.AddRange(found.Where(row => !_rows.ContainsKey(row.Key)).Select(row => $"row {row.Key}: nobody wrote it"));
        return losses;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    private async Task RunAsync(int client, CancellationToken ct)
    {
        var next = _options.FirstId + client * 1_000_000_000L;
        var live = new List<long>();
        NpgsqlConnection? connection = null;
        for (var step = 0; !ct.IsCancellationRequested; step++)
        {
            // Grows slowly: six inserts, three updates and a delete in ten steps.
            var kind = live.Count < 3 ? 0 : step % 10 switch { < 6 => 0, < 9 => 1, _ => 2 };
            var id = kind == 0 ? next++ : live[(int)(step * 2654435761L % live.Count)];
            var value = kind == 2 ? null : string.Create(CultureInfo.InvariantCulture, $"load {client} {step} {id * 7919 % 1000}");
            var before = kind == 0 ? null : _rows[id][0];
            try
            {
                connection ??= await Sessions.OpenAsync(_connectionString, ct);
            }
            catch (Exception e) when (e is NpgsqlException or OperationCanceledException or TimeoutException)
            {
                Failed(e);
                await PauseAsync(TimeSpan.FromMilliseconds(50), ct);
                continue;
            }
            try
            {
                // Never cancelled midway: what was begun is to be known.
                var sql = kind switch { 0 => _options.Insert, 1 => _options.Update, _ => _options.Delete };
                if (await connection.ExecuteAsync(sql, new { id, value }, commandTimeout: 120) == 1)
                {
                    _rows[id] = [value];
                    Interlocked.Increment(ref _acknowledged);
                }
                else
                {
                    Interlocked.Increment(ref _missed);
                }
                if (kind == 0)
                {
                    live.Add(id);
                }
                else if (kind == 2)
                {
                    live.Remove(id);
                }
            }
            catch (PostgresException e) when (e.Severity == "ERROR")
            {
                // Refused for certain: nothing has changed.
                Failed(e);
            }
            catch (Exception e)
            {
                // The reply was lost: it may have happened or not.
                Failed(e);
                _rows[id] = [before, value];
                live.Remove(id);
                await connection.DisposeAsync();
                connection = null;
            }
            await PauseAsync(_options.Pause, ct);
        }
        if (connection is not null)
        {
            await connection.DisposeAsync();
        }
    }

    private void Failed(Exception e) =>
        _failures.AddOrUpdate(e is PostgresException p ? p.SqlState : "connection", 1, (_, count) => count + 1);

    private static Task PauseAsync(TimeSpan pause, CancellationToken ct) =>
        Task.Delay(pause, TimeProvider.System, ct).ContinueWith(_ => { }, TaskScheduler.Default);

    private static string Show(string?[] values) => string.Join(" | ", values.Select(v => v ?? "(not there)"));
}
