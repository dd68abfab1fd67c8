namespace HealingWorkers.Jobs.Failover;

/// <summary>Where a promotion may be cut off: before and after each thing that it does.</summary>
public enum FailoverStation
{
    /// <summary>The ledger knows of it, and nothing was done.</summary>
    Begun,
    /// <summary>The old primary is cut off, and the ledger was not told.</summary>
    Fenced,
    /// <summary>The ledger was told, and the standby was not.</summary>
    Promoting,
    /// <summary>The standby is a primary, and the ledger was not told.</summary>
    Promoted,
    /// <summary>The ledger knows where it was promoted.</summary>
    Told,
    /// <summary>What proves it is written there.</summary>
    Written,
    /// <summary>It was read and taken away again.</summary>
    Proven,
    /// <summary>All is recorded, and the lease is still held.</summary>
    Done,
}
