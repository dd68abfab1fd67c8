using Dapper;
using Npgsql;

namespace HealingWorkers.Drill;

/// <summary>
/// A REINDEX INDEX CONCURRENTLY that somebody runs right now, held up by a transaction that it must wait for.
/// Disposing of it lets it finish.
/// </summary>
public sealed class HeldRebuild : IAsyncDisposable
{
    private const string Transient =
        """
        SELECT i.indexrelid::regclass::text
        FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
        WHERE i.indrelid = @table::regclass AND NOT i.indisvalid AND c.relname ~ (@suffix || '\d*$')
          AND EXISTS (SELECT FROM pg_stat_activity WHERE pid = @pid AND wait_event_type = 'Lock')
        ORDER BY i.indexrelid DESC LIMIT 1
        """;

    private readonly NpgsqlConnection _blocker;
    private readonly NpgsqlConnection _rebuilder;
    private readonly Task _rebuild;

    private HeldRebuild(NpgsqlConnection blocker, NpgsqlConnection rebuilder, Task rebuild, string transient)
    {
        _blocker = blocker;
        _rebuilder = rebuilder;
        _rebuild = rebuild;
        TransientIndex = transient;
    }

    public int BackendPid => _rebuilder.ProcessID;

    /// <summary>The invalid index that it has made, or the old one that it is about to drop.</summary>
    public string TransientIndex { get; }

    public static async Task<HeldRebuild> StartAsync(
        PgCluster cluster, string database, string index, RebuildStation station = RebuildStation.Building, CancellationToken ct = default)
    {
        var (lockMode, suffix) = station == RebuildStation.Building ? ("ROW EXCLUSIVE", "_ccnew") : ("ACCESS SHARE", "_ccold");
        var blocker = await cluster.OpenAsync(database, ct);
        var rebuilder = await cluster.OpenAsync(database, ct);
        try
        {
            var table = await blocker.ExecuteScalarAsync<string>(
                "SELECT indrelid::regclass::text FROM pg_index WHERE indexrelid = @index::regclass", new { index });
            await blocker.ExecuteAsync($"BEGIN; LOCK TABLE {table} IN {lockMode} MODE");
            var rebuild = rebuilder.ExecuteAsync($"REINDEX INDEX CONCURRENTLY {index}", commandTimeout: 0);
            string? transient = null;
            await Poll.UntilAsync(
                async token =>
                {
                    if (rebuild.IsCompleted)
                    {
                        await rebuild;
                        throw new InvalidOperationException("The rebuild was not held up.");
                    }
                    transient = await cluster.ScalarAsync<string>(
                        database, Transient, new { table, suffix, pid = rebuilder.ProcessID }, token);
                    return transient is not null;
                },
                TimeSpan.FromSeconds(30), $"{suffix} of {index}", ct);
            return new HeldRebuild(blocker, rebuilder, rebuild, transient!);
        }
        catch
        {
            await blocker.DisposeAsync();
            await rebuilder.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends the rebuild where it is: what it made stays. Gives the name of the leftover.</summary>
    public async Task<string> AbandonAsync(bool terminate = false)
    {
        await _blocker.ExecuteAsync(
            $"SELECT {(terminate ? "pg_terminate_backend" : "pg_cancel_backend")}(@pid)", new { pid = _rebuilder.ProcessID });
        try
        {
            await _rebuild.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System);
        }
        catch (PostgresException)
        {
            // that it was cancelled
        }
        await DisposeAsync();
        return TransientIndex;
    }

    public async ValueTask DisposeAsync()
    {
        await _blocker.DisposeAsync();
        try
        {
            await _rebuild.WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System);
        }
        catch (NpgsqlException)
        {
            // abandoned, or ended by the test
        }
        await _rebuilder.DisposeAsync();
    }
}
