namespace HealingWorkers.Jobs.Incidents;

/// <summary>The lease has passed to somebody else: whoever sees this stops at once and touches nothing more.</summary>
public sealed class FencedException(string resource, long token)
    : Exception($"the lease on {resource} with token {token} has passed to another worker");
