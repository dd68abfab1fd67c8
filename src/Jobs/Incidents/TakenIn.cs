using System.Collections.ObjectModel;

namespace HealingWorkers.Jobs.Incidents;

/// <summary>What became of a report: the list itself is of the incidents that a repair should be enqueued for.</summary>
public sealed class TakenIn(IList<Incident> toRepair) : ReadOnlyCollection<Incident>(toRepair)
{
    /// <summary>Opened by this report, in whatever state they are by now.</summary>
    public IReadOnlyList<Incident> Opened { get; init; } = [];
    /// <summary>Escalated by this report: a person is to be told.</summary>
    public IReadOnlyList<Incident> Escalated { get; init; } = [];
    /// <summary>Resolved by this report: gone by themselves.</summary>
    public IReadOnlyList<Incident> Gone { get; init; } = [];
}
