using HealingWorkers.Jobs.Ledger;
using Npgsql;

namespace HealingWorkers.Jobs.Incidents;

/// <summary>The chain of receipts. Links are appended one at a time, so that it has no forks.</summary>
public sealed class ReceiptLedger(LedgerDb db)
{
    private const int Page = 500;

    /// <summary>Appends a link under the fence of its repair. An attempt has one receipt: asked again (after a crash) it is the one that is there.</summary>
    public Task<Receipt> AppendAsync(long incident, int attempt, string body, Fence fence, CancellationToken cancel) => db.InTransactionAsync(
        (connection, transaction) => AppendAsync(connection, transaction, incident, attempt, body, fence, cancel), cancel);

    /// <summary>In the transaction of what it tells of.</summary>
    internal static async Task<Receipt> AppendAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, long incident, int attempt, string body, Fence fence, CancellationToken cancel)
    {
        await LeaseLedger.RequireAsync(connection, transaction, fence, cancel).ConfigureAwait(false);
        await connection.DoAsync(Sql.Of<ReceiptLedger>("receipt_serialise"), null, cancel, transaction).ConfigureAwait(false);
        if (await OneAsync(connection, transaction, "receipt_of_attempt", new { Incident = incident, Attempt = attempt }, cancel).ConfigureAwait(false) is { } there)
            return there;
        var head = await connection.FirstAsync<ChainHead>(Sql.Of<ReceiptLedger>("receipt_head"), null, cancel, transaction).ConfigureAwait(false);
        var (seq, previous) = head is null ? (1, Receipt.Origin) : (head.Seq + 1, head.Hash);
        var at = await connection.FirstAsync<DateTimeOffset>(Sql.Of<ReceiptLedger>("now"), null, cancel, transaction).ConfigureAwait(false);
        return (await OneAsync(connection, transaction, "receipt_append", new
        {
            Seq = seq, Incident = incident, Attempt = attempt, Body = body, PreviousHash = previous, At = at,
            Hash = Receipt.HashOf(previous, seq, incident, attempt, at, body),
        }, cancel).ConfigureAwait(false))!;
    }

    /// <summary>Null while there is no receipt.</summary>
    public Task<ChainHead?> HeadAsync(CancellationToken cancel) => db.FirstAsync<ChainHead>(Sql.Of<ReceiptLedger>("receipt_head"), null, cancel);

    public Task<Receipt?> FindAsync(long incident, int attempt, CancellationToken cancel) =>
        db.FirstAsync<Receipt>(Sql.Of<ReceiptLedger>("receipt_of_attempt"), new { Incident = incident, Attempt = attempt }, cancel);

    /// <summary>The receipts of an incident, oldest first.</summary>
    public Task<IReadOnlyList<Receipt>> OfIncidentAsync(long incident, CancellationToken cancel) =>
        db.ListAsync<Receipt>(Sql.Of<ReceiptLedger>("receipts_of_incident"), new { Incident = incident }, cancel);

    /// <summary>Walks the whole chain, a page at a time; null when every link holds.</summary>
    /// <param name="known">A head that went out earlier (an alert, a log): the chain must still contain it, or its end was cut off or rewritten.</param>
    public async Task<ChainBreak?> VerifyAsync(CancellationToken cancel, ChainHead? known = null)
    {
        var (seq, previous) = (0L, Receipt.Origin);
        while (true)
        {
            var links = await db.ListAsync<Receipt>(Sql.Of<ReceiptLedger>("receipts_after"), new { Seq = seq, Page }, cancel).ConfigureAwait(false);
            foreach (var link in links)
            {
                if (link.Seq != seq + 1)
                    return new ChainBreak(seq + 1, $"receipt {seq + 1} is missing");
                if (!string.Equals(link.PreviousHash, previous, StringComparison.Ordinal))
                    return new ChainBreak(link.Seq, $"receipt {link.Seq} does not continue the one before it");
                if (!string.Equals(link.Hash, link.Recomputed(), StringComparison.Ordinal))
                    return new ChainBreak(link.Seq, $"receipt {link.Seq} is not what was hashed");
                if (known?.Seq == link.Seq && !string.Equals(known.Hash, link.Hash, StringComparison.Ordinal))
                    return new ChainBreak(link.Seq, $"receipt {link.Seq} has another hash than the one that was made known: the chain was rewritten");
                (seq, previous) = (link.Seq, link.Hash);
            }
            if (links.Count < Page)
                return known?.Seq > seq ? new ChainBreak(seq + 1, $"the chain ends at {seq}, though {known.Seq} was made known: its end was cut off") : null;
        }
    }

    private static Task<Receipt?> OneAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, string query, object args, CancellationToken cancel) =>
        connection.FirstAsync<Receipt>(Sql.Of<ReceiptLedger>(query), args, cancel, transaction);
}
