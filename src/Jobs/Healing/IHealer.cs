using HealingWorkers.Jobs.Incidents;

namespace HealingWorkers.Jobs.Healing;

/// <summary>Takes one incident as far on its way as it can go now.</summary>
public interface IHealer
{
    /// <summary>
    /// Throws <see cref="FencedException"/> when another worker has taken over, OperationCanceledException for <paramref name="cancel"/>,
    /// and what the ledger or the target throw when they are gone: the incident is then taken up again from where the ledger has it.
    /// </summary>
    Task<HealOutcome> HealAsync(long incident, string worker, CancellationToken cancel);
}

/// <param name="State">Where the incident is now.</param>
/// <param name="Retry">When it wants to be taken up again; null: not before somebody decides or a check finds it again.</param>
/// <param name="Deferred">True when it is the same attempt that comes again.</param>
public sealed record HealOutcome(IncidentState State, string Note, TimeSpan? Retry = null, bool Deferred = false);
