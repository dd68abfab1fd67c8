using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;

namespace HealingWorkers.Jobs.Schedule;

/// <summary>repair: takes one incident as far as it goes now.</summary>
public sealed class RepairJob(IHealer healer, IncidentLedger incidents, RepairRequests repairs, string worker) : IJob
{
    public string Name => JobNames.Repair;

    public async Task<JobOutcome> RunAsync(JobContext context, CancellationToken cancel)
    {
        var id = context.Arguments["incident"] is { } number ? (long)number : throw new InvalidOperationException("a repair without an incident");
        var outcome = await healer.HealAsync(id, worker, cancel).ConfigureAwait(false);
        context.Log($"{outcome.State}: {outcome.Note}");
        if (outcome.Retry is not { } retry)
        {
            return JobOutcome.With($"{outcome.State}: {outcome.Note}");
        }
        // The same attempt comes again under the same key; after a crash or a failure the next one has another, and this run ends.
        var incident = await incidents.FindAsync(id, cancel).ConfigureAwait(false);
        if (incident is null || string.Equals(incident.State.IsInHand() ? Incident.RepairKey(id, incident.Attempts) : incident.NextRepairKey, context.Key, StringComparison.Ordinal))
        {
            return JobOutcome.Defer(retry, outcome.Note);
        }
        await repairs.AskAsync(incident, worker, retry, cancel).ConfigureAwait(false);
        return JobOutcome.With($"{outcome.State}: {outcome.Note}");
    }
}
