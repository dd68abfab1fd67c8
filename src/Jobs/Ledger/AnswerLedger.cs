namespace HealingWorkers.Jobs.Ledger;

/// <summary>Answers to changes that bore an idempotency key, kept for a while: the same change asked again is answered and not done again.</summary>
public sealed class AnswerLedger(LedgerDb db)
{
    /// <summary>So long an answer is kept.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromHours(24);

    /// <summary>A change that was begun so long ago without an end died with its process.</summary>
    public static readonly TimeSpan Abandoned = TimeSpan.FromMinutes(2);

    /// <summary>Null: nobody had this key, and the caller goes on; else what is known of it.</summary>
    public Task<KnownAnswer?> BeginAsync(string visitor, string key, string request, CancellationToken cancel) => db.InTransactionAsync(async (connection, transaction) =>
    {
        var args = new { Visitor = visitor, Key = key, Request = request, Kept, Abandoned };
        return await connection.DoAsync(Sql.Of<AnswerLedger>("answer_begin"), args, cancel, transaction).ConfigureAwait(false) == 1 ? null
            : await connection.FirstAsync<KnownAnswer>(Sql.Of<AnswerLedger>("answer_find"), args, cancel, transaction).ConfigureAwait(false);
    }, cancel);

    public Task EndAsync(string visitor, string key, int status, string? contentType, string body, CancellationToken cancel) =>
        db.DoAsync(Sql.Of<AnswerLedger>("answer_end"), new { Visitor = visitor, Key = key, Status = status, ContentType = contentType, Body = body }, cancel);

    /// <summary>Nothing came of it: the key is free again.</summary>
    public Task ForgetAsync(string visitor, string key, CancellationToken cancel) =>
        db.DoAsync(Sql.Of<AnswerLedger>("answer_forget"), new { Visitor = visitor, Key = key }, cancel);
}

public sealed record KnownAnswer
{
    public required string RequestSha256 { get; init; }
    /// <summary>Null: it is being worked on.</summary>
    public int? Status { get; init; }
    public string? ContentType { get; init; }
    public string? Body { get; init; }
}
