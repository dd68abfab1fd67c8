using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Repairs;

namespace HealingWorkers.Jobs.Healing;

/// <summary>What a repair would do now; looks only, so it needs no lease.</summary>
public sealed class PlanPreview(TargetSet targets, IReadOnlyList<IRepair> repairs)
{
    public async Task<RepairPlan> OfAsync(Incident incident, CancellationToken cancel)
    {
        var repair = repairs.FirstOrDefault(r => string.Equals(r.Name, incident.Repair, StringComparison.Ordinal))
            ?? throw new HealingException($"there is no repair for {incident.Kind.Name} on {incident.Object}", "`healing incidents show` tells what a person can do.");
        var target = targets.Named(incident.TargetName);
        var facts = await target.FactsAsync(cancel).ConfigureAwait(false);
        await using var connection = await (repair is ISurgery ? target.OpenSurgeryAsync(cancel) : target.OpenRepairAsync(cancel)).ConfigureAwait(false);
        return await repair.PlanAsync(new RepairSession(target, facts, connection, token: 0), incident, cancel).ConfigureAwait(false);
    }
}
