using HealingWorkers.Jobs.Incidents;

namespace HealingWorkers.Dashboard.Fleet;

/// <summary>Whether the chain of receipts holds. To walk it costs the more the longer it is, so a page is told what was found lately.</summary>
public sealed class ChainWatch(DashboardParts parts) : IDisposable
{
    private static readonly TimeSpan Lately = TimeSpan.FromMinutes(5);
    private readonly SemaphoreSlim _one = new(1, 1);
    private ChainShape? _known;

    /// <summary>Walked now.</summary>
    public async Task<ChainShape> NowAsync(CancellationToken cancel)
    {
        var receipts = new ReceiptLedger(parts.Ledger);
        var head = await receipts.HeadAsync(cancel);
        var broken = await receipts.VerifyAsync(cancel, head);
        return _known = new(broken is null, head?.Seq ?? 0, head?.Hash, broken?.Seq, broken?.Why, parts.Clock.GetUtcNow());
    }

    /// <summary>As it was within the last minutes; one walk at a time.</summary>
    public async Task<ChainShape> LatelyAsync(CancellationToken cancel)
    {
        if (_known is { } fresh && parts.Clock.GetUtcNow() - fresh.VerifiedAt < Lately)
            return fresh;
        await _one.WaitAsync(cancel);
        try
        {
            return _known is { } meanwhile && parts.Clock.GetUtcNow() - meanwhile.VerifiedAt < Lately ? meanwhile : await NowAsync(cancel);
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();
}

/// <param name="Receipts">How long the chain is.</param>
/// <param name="Head">The hash of its newest link, as alerts and logs bear it.</param>
/// <param name="BrokenAt">The first receipt that does not hold.</param>
public sealed record ChainShape(bool Holds, long Receipts, string? Head, long? BrokenAt, string? Why, DateTimeOffset VerifiedAt);
