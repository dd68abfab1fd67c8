using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Repairs;

namespace HealingWorkers.Jobs.Healing;

/// <summary>What a repair would do now; looks only, so it needs no lease.</summary>
public sealed class PlanPreview(TargetSet targets, IReadOnlyList<IRepair> repairs)
{
    /// <summary>Where a healer looks for the server's programs: they are named in a plan, and an approval is of that very plan.</summary>
    public string Programs { get; init; } = "";

    public async Task<RepairPlan> OfAsync(Incident incident, CancellationToken cancel)
    {
        var repair = repairs.FirstOrDefault(r => string.Equals(r.Name, incident.Repair, StringComparison.Ordinal))
            ?? throw new HealingException($"there is no repair for {incident.Kind.Name} on {incident.Object}", "`healing incidents show` tells what a person can do.");
        var target = targets.Named(incident.TargetName);
        var (connection, beside) = await repair.WayOf().OpenAsync(target, cancel).ConfigureAwait(false);
        await using var session = connection;
        var facts = beside ?? await target.FactsAsync(cancel).ConfigureAwait(false);
        return await repair.PlanAsync(new RepairSession(target, facts, connection, token: 0) { Programs = Programs }, incident, cancel).ConfigureAwait(false);
    }
}
