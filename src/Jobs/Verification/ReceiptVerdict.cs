namespace HealingWorkers.Jobs.Verification;

/// <param name="Changed">What is not as it was hashed or proven, each named.</param>
/// <param name="Recomputed">What was recomputed and agrees.</param>
/// <param name="NotRecomputed">What cannot be recomputed, and why.</param>
public sealed record ReceiptVerdict(IReadOnlyList<string> Changed, IReadOnlyList<string> Recomputed, IReadOnlyList<string> NotRecomputed)
{
    public bool Holds => Changed.Count == 0;
}
