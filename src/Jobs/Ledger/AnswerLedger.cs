using System.Collections.Concurrent;

namespace HealingWorkers.Jobs.Ledger;

/// <summary>Answers to changes that bore an idempotency key, kept for a while: the same change asked again is answered and not done again.</summary>
public sealed class AnswerLedger(LedgerDb db)
{
    /// <summary>So long an answer is kept.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromHours(24);

    /// <summary>A change that was begun so long ago without an end died with its process.</summary>
    public static readonly TimeSpan Abandoned = TimeSpan.FromMinutes(2);

    private const int MostUnsaved = 1000;
    private readonly ConcurrentDictionary<(string Visitor, string Key), KnownAnswer> _unsaved = new();

    /// <summary>Null: nobody had this key, and the caller goes on; else what is known of it.</summary>
    public async Task<KnownAnswer?> BeginAsync(string visitor, string key, string request, CancellationToken cancel)
    {
        if (_unsaved.TryGetValue((visitor, key), out var left))
        {
            await WriteAsync(visitor, key, left, cancel).ConfigureAwait(false);
            _unsaved.TryRemove((visitor, key), out _);
        }
        return await TakeAsync(visitor, key, request, cancel).ConfigureAwait(false);
    }

    /// <summary>What is done until this ends is marked with the key.</summary>
    public static IDisposable Mark(string visitor, string key)
    {
        ChangeMark.Current = new(visitor, key);
        return new Marked();
    }

    private Task<KnownAnswer?> TakeAsync(string visitor, string key, string request, CancellationToken cancel) => db.InTransactionAsync(async (connection, transaction) =>
    {
        var args = new { Visitor = visitor, Key = key, Request = request, Kept, Abandoned };
        return await connection.DoAsync(Sql.Of<AnswerLedger>("answer_begin"), args, cancel, transaction).ConfigureAwait(false) == 1 ? null
            : await connection.FirstAsync<KnownAnswer>(Sql.Of<AnswerLedger>("answer_find"), args, cancel, transaction).ConfigureAwait(false);
    }, cancel);

    /// <summary>Where the ledger went away after the change, this process remembers the answer, and writes it when it is asked again.</summary>
    public async Task EndAsync(string visitor, string key, int status, string? contentType, string body, CancellationToken cancel)
    {
        var answer = new KnownAnswer { RequestSha256 = "", Status = status, ContentType = contentType, Body = body };
        try
        {
            await WriteAsync(visitor, key, answer, cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (LedgerOutage.Is(e))
        {
            if (_unsaved.Count < MostUnsaved)
            {
                _unsaved[(visitor, key)] = answer;
            }
        }
    }

    private Task WriteAsync(string visitor, string key, KnownAnswer answer, CancellationToken cancel) =>
        db.DoAsync(Sql.Of<AnswerLedger>("answer_end"), new { Visitor = visitor, Key = key, answer.Status, answer.ContentType, answer.Body }, cancel);

    /// <summary>Where nothing came of it, the key is free again.</summary>
    public async Task ForgetAsync(string visitor, string key, CancellationToken cancel)
    {
        try
        {
            await db.DoAsync(Sql.Of<AnswerLedger>("answer_forget"), new { Visitor = visitor, Key = key }, cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (LedgerOutage.Is(e))
        {
            // it is given up by itself after a while, unless something was done
        }
    }

    private sealed class Marked : IDisposable
    {
        public void Dispose() => ChangeMark.Current = null;
    }
}

public sealed record KnownAnswer
{
    public required string RequestSha256 { get; init; }
    /// <summary>Null: it is being worked on.</summary>
    public int? Status { get; init; }
    public string? ContentType { get; init; }
    public string? Body { get; init; }
    /// <summary>Something was committed, and what was answered to it is not known.</summary>
    public bool IsLost => Status is null && Body is not null;
}
