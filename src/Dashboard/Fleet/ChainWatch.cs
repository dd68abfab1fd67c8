using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;

namespace HealingWorkers.Dashboard.Fleet;

/// <summary>Whether the chains of receipts and of the audit log hold. To walk them costs the more the longer they are, so a page is told what was found lately.</summary>
public sealed class ChainWatch(DashboardParts parts) : IDisposable
{
    private static readonly TimeSpan Lately = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LongestWalk = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan FirstLook = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LaterLook = TimeSpan.FromMilliseconds(30);
    private readonly CancellationTokenSource _over = new();
    private readonly Lock _one = new();
    private Task<ChainShape>? _walk;
    private ChainShape? _known;
    private ChainHead? _receiptHead;
    private AuditMark? _auditHead;

    /// <summary>Walked now. What was found whole once must still be in it, so that an end which is cut off between two walks is found.</summary>
    public async Task<ChainShape> NowAsync(CancellationToken cancel)
    {
        var receipts = new ReceiptLedger(parts.Ledger);
        var head = await receipts.HeadAsync(cancel);
        var broken = await receipts.VerifyAsync(cancel, _receiptHead ?? head);
        var audit = await MissingTable.TryAsync(() => new AuditChain(parts.Ledger).VerifyAsync(cancel, _auditHead));
        if (broken is null)
            _receiptHead = head;
        if (audit.Value is { Holds: true } whole)
            _auditHead = whole.Mark;
        return _known = new(broken is null, head?.Seq ?? 0, head?.Hash, broken?.Seq, broken?.Why, parts.Clock.GetUtcNow(), AuditChainShape.Of(audit.Value), audit.Missing);
    }

    /// <summary>As it was within the last minutes. A long walk is not waited for: until it is over the one before it counts, which says when it was.</summary>
    /// <returns>Null while the first one is under way.</returns>
    public async Task<ChainShape?> LatelyAsync(CancellationToken cancel)
    {
        if (_known is { } fresh && parts.Clock.GetUtcNow() - fresh.VerifiedAt < Lately)
            return fresh;
        Task<ChainShape> walk;
        lock (_one)
        {
            walk = _walk is { IsCompleted: false } going ? going : _walk = WalkAsync();
        }
        var first = await Task.WhenAny(walk, Task.Delay(_known is null ? FirstLook : LaterLook, parts.Clock, cancel));
        return first == walk ? await walk : _known;
    }

    public void Dispose()
    {
        _over.Cancel();
        _over.Dispose();
    }

    private async Task<ChainShape> WalkAsync()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_over.Token);
        limit.CancelAfter(LongestWalk);
        return await NowAsync(limit.Token);
    }
}

/// <param name="Holds">Whether the chain of receipts holds.</param>
/// <param name="Receipts">How long it is.</param>
/// <param name="Head">The hash of its newest link, as alerts and logs bear it.</param>
/// <param name="BrokenAt">The first receipt that does not hold.</param>
/// <param name="Audit">The same of the audit log; null where the ledger is too old to have that chain.</param>
/// <param name="AuditMissing">Why there is none.</param>
public sealed record ChainShape(bool Holds, long Receipts, string? Head, long? BrokenAt, string? Why, DateTimeOffset VerifiedAt, AuditChainShape? Audit, string? AuditMissing);

/// <param name="From">The last link that was archived; 0 when the chain is there from its beginning.</param>
/// <param name="Through">The last link that was walked.</param>
/// <param name="Head">That link as SEQ:HASH, to be kept elsewhere and given to `healing audit --verify --head`.</param>
/// <param name="Misfits">The first of what does not fit.</param>
public sealed record AuditChainShape(bool Holds, long From, long Through, string Head, IReadOnlyList<AuditMisfit> Misfits)
{
    internal static AuditChainShape? Of(AuditVerdict? verdict) =>
        verdict is null ? null : new(verdict.Holds, verdict.From, verdict.Through, verdict.Mark.ToString(), verdict.Misfits);
}
