using Dapper;
using HealingWorkers.Jobs.Errors;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>Asks a column that a sequence numbers. Where all is well, one page of an index answers; one whose pages lead in a circle is followed for ever.</summary>
/// <param name="deadly">Null where a repair asks.</param>
public sealed class ColumnQuestion(TimeProvider clock, DeadlyReads? deadly = null)
{
    public static readonly TimeSpan Usual = TimeSpan.FromSeconds(30);

    public TimeSpan Longest { get; init; } = Usual;

    /// <exception cref="EndlessReadException">It was called back.</exception>
    /// <exception cref="DeadlyReadException">It must not be asked.</exception>
    public async Task<T?> AskAsync<T>(NpgsqlConnection connection, SequenceUse use, string sql, CancellationToken cancel)
    {
        Task<T?> ReadAsync(CancellationToken token) => connection.ExecuteScalarAsync<T?>(new CommandDefinition(sql, cancellationToken: token));
        try
        {
            return deadly is null ? await WithinAsync(ReadAsync, use.IsCheap ? Longest : ReadLimit.Longest, cancel).ConfigureAwait(false)
                : await deadly.GuardAsync(connection, use.Name, sql, ReadAsync, cancel, Longest).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TimeoutException or PostgresException { SqlState: SqlState.QueryCanceled })
        {
            cancel.ThrowIfCancellationRequested();
            throw new EndlessReadException(use, e);
        }
    }

    private async Task<T> WithinAsync<T>(Func<CancellationToken, Task<T>> ask, TimeSpan longest, CancellationToken cancel)
    {
        using var late = new CancellationTokenSource(longest, clock);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel, late.Token);
        try
        {
            return await ask(stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (late.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            throw new TimeoutException("it was called back", e);
        }
    }
}

/// <summary>What one page of an index should have answered went on and on.</summary>
public sealed class EndlessReadException(SequenceUse use, Exception inner) : TimeoutException($"the way to the furthest number of {use} does not come to an end (see btree)", inner)
{
    public SequenceUse Use => use;
}
