using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Options;

namespace HealingWorkers.Jobs.Schedule;

/// <summary>Asks for the repair of incidents, unless their target is only observed.</summary>
public sealed class RepairRequests(HealingOptions options, IncidentLedger incidents, JobDispatcher dispatcher)
{
    public const string OnlyObserved = "only observed: the mode of this target is observe, so nothing is repaired";

    /// <summary>What somebody should take up now.</summary>
    public Task<IReadOnlyList<Incident>> DueAsync(int most, CancellationToken cancel) =>
        incidents.DueAsync(most, cancel, [.. options.Targets.Where(IsObserved).Select(t => t.Name)], OnlyObserved);

    /// <summary>True when a run was asked for.</summary>
    public async Task<bool> AskAsync(Incident incident, string actor, TimeSpan delay, CancellationToken cancel)
    {
        var target = options.Targets.FirstOrDefault(t => string.Equals(t.Name, incident.TargetName, StringComparison.Ordinal));
        if (target is null)
        {
            return false;
        }
        if (IsObserved(target) && !incident.State.IsInHand())
        {
            await LeaveAsync(incident, actor, cancel).ConfigureAwait(false);
            return false;
        }
        // In hand, the attempt is counted already: the same run goes on with it.
        var key = incident.State.IsInHand() ? Incident.RepairKey(incident.Id, incident.Attempts) : incident.NextRepairKey;
        var request = new JobRequest(key, JobNames.Repair, incident.TargetName, new JsonObject { ["incident"] = incident.Id }, actor)
        {
            Delay = delay,
            TraceParent = incident.TraceParent,
        };
        return await dispatcher.RequestAsync(request, cancel).ConfigureAwait(false) is not null;
    }

    private bool IsObserved(TargetOptions target) => (target.Mode ?? options.Mode) == HealingMode.Observe;

    private async Task LeaveAsync(Incident incident, string actor, CancellationToken cancel)
    {
        if (incident.State == IncidentState.Detected && !string.Equals(incident.Reason, OnlyObserved, StringComparison.Ordinal))
        {
            await incidents.StayAsync(incident.Id, incident.State, new Move(actor, OnlyObserved) { Reason = OnlyObserved }, cancel).ConfigureAwait(false);
        }
    }
}
