using System.Data;
using Npgsql;

namespace HealingWorkers.Jobs.Ledger;

/// <summary>Walks the chain of the audit log, and names what does not fit.</summary>
public sealed class AuditChain(LedgerDb db)
{
    private const int Page = 2000;
    private const int MostMisfits = 20;

    /// <summary>In one snapshot, so that whoever writes or archives meanwhile changes nothing of it.</summary>
    /// <param name="known">A head that was made known earlier: the chain must still contain it.</param>
    public Task<AuditVerdict> VerifyAsync(CancellationToken cancel, AuditMark? known = null) => db.ReadAsync(async connection =>
    {
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancel).ConfigureAwait(false);
        var head = (await connection.FirstAsync<AuditHead>(Sql.Of<AuditLog>("audit_head"), null, cancel, transaction).ConfigureAwait(false))!;
        var misfits = new List<AuditMisfit>();
        var (seq, hash) = await WalkAsync(connection, transaction, head, known, misfits, cancel).ConfigureAwait(false);
        if (seq < head.Seq)
            misfits.Add(new(seq + 1, null, $"the chain ends at link {seq}, though {head.Seq} were written: its end was cut off"));
        else if (seq > head.Seq || !string.Equals(hash, head.Hash, StringComparison.Ordinal))
            misfits.Add(new(seq, null, $"link {seq} is not the one that was written last: the end of the chain was written anew"));
        if (known?.Seq > seq && known.Seq > head.Seq)
            misfits.Add(new(seq + 1, null, $"the chain ends at link {seq}, though {known.Seq} was made known: its end was cut off"));
        foreach (var id in await connection.ListAsync<long>(Sql.Of<AuditLog>("audit_unchained"), new { Most = MostMisfits }, cancel, transaction).ConfigureAwait(false))
            misfits.Add(new(null, id, $"entry {id} has no link: it was put in past the chain, or its link was taken away"));
        return new AuditVerdict(head.AnchorSeq, seq, hash, [.. misfits.Take(MostMisfits)]);
    }, cancel);

    private static async Task<(long Seq, string Hash)> WalkAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, AuditHead head, AuditMark? known, List<AuditMisfit> misfits, CancellationToken cancel)
    {
        var (seq, hash) = (head.AnchorSeq, head.AnchorHash);
        // what lies before the anchor is to be taken away together with it
        var after = 0L;
        while (true)
        {
            var links = await connection.ListAsync<AuditLink>(Sql.Of<AuditLog>("audit_links"), new { Seq = after, Page }, cancel, transaction).ConfigureAwait(false);
            foreach (var link in links)
            {
                misfits.AddRange(Look(link, seq, hash, known));
                (seq, hash) = (link.Seq, link.Hash);
            }
            if (links.Count < Page || misfits.Count >= MostMisfits)
                return (seq, hash);
            after = seq;
        }
    }

    private static IEnumerable<AuditMisfit> Look(AuditLink link, long seq, string hash, AuditMark? known)
    {
        var (at, entry) = (link.Seq, link.AuditId);
        if (at > seq + 1)
            yield return new(seq + 1, null, at == seq + 2 ? $"link {seq + 1} is missing" : $"links {seq + 1} to {at - 1} are missing");
        else if (at <= seq)
            yield return new(at, entry, $"link {at} was to be archived already");
        else if (!string.Equals(link.PreviousHash, hash, StringComparison.Ordinal))
            yield return new(at, entry, $"entry {entry} does not continue the one before it");
        if (!link.IsThere)
            yield return new(at, entry, $"entry {entry} is gone");
        else if (!string.Equals(link.Hash, link.Recomputed(), StringComparison.Ordinal))
            yield return new(at, entry, $"entry {entry} is not what was hashed: it was changed");
        if (known?.Seq == at && !string.Equals(known.Hash, link.Hash, StringComparison.Ordinal))
            yield return new(at, entry, $"link {at} has another hash than the one that was made known: the chain was written anew");
    }
}
