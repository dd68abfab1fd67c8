namespace HealingWorkers.Jobs.Verification;

public enum Proof { Proven, Wrong, Unverifiable }

/// <param name="PastCache">False: verified in memory only.</param>
/// <param name="Statement">One sentence for the incident and the receipt.</param>
public sealed record VerificationResult(Proof Proof, bool PastCache, string Statement)
{
    public const string MemoryOnly = "verified in memory only";
    public IReadOnlyList<VerifiedIndex> Indexes { get; init; } = [];
}

/// <summary>An index as it was when its repair was proven.</summary>
public sealed record VerifiedIndex(long Oid, string Name, long? FileNode, string Definition, long? PagesRead);
