using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Snapshots;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>What the repairs of the data have in common once they are planned.</summary>
internal static class DataRepair
{
    public const string Locks = "ROW EXCLUSIVE on the table; each row for an eighth of a second or so. For the proof SHARE ROW EXCLUSIVE, SHARE UPDATE EXCLUSIVE and ACCESS EXCLUSIVE on the table, and on the one that a foreign key refers to, for a moment, waited for a tenth of a second at a time.";
    public const string Undo = "healing undo ID: the rows come back as they were.";

    public static async Task<RepairResult> ApplyAsync(RepairSession session, RepairPlan plan, SnapshotProof proof, RepairLimits limits, CancellationToken cancel) => plan.Work is DataWork work
        ? await new DataRun(session, work, plan.Repair, limits).RunAsync(proof, cancel).ConfigureAwait(false)
        : new(RepairOutcome.Done, plan.Nothing, []);

    public static async Task<OwnProof> ProveAsync(RepairSession session, Incident incident, RepairPlan plan, CancellationToken cancel)
    {
        if ((plan.Work as TwinConstraint ?? (plan.Work as DataWork)?.Twin) is { } twin)
        {
            return await twin.ProveAsync(session, incident.Id, cancel).ConfigureAwait(false);
        }
        // a predecessor may have been killed right in its proof
        await TwinConstraint.SweepAsync(session, incident.TableOid, new StatementLog(), cancel).ConfigureAwait(false);
        return new(true, "the server has no constraint of its own in force to prove it by");
    }
}
