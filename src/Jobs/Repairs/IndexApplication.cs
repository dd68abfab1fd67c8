using HealingWorkers.Jobs.Snapshots;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>Carries out a plan of one index: the drops of own leftovers, then the rebuild, then a look at what is there now.</summary>
public static class IndexApplication
{
    public static async Task<RepairResult> RunAsync(RepairSession session, RepairPlan plan, SnapshotProof proof, RepairLimits limits, TimeSpan lockTimeout, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(proof);
        var log = new StatementLog();
        if (plan.Indexes is not [var index])
        {
            return new(RepairOutcome.Done, plan.Nothing, log.Sent);
        }
        await PatientRebuild.SetLockTimeoutAsync(session, lockTimeout, cancel).ConfigureAwait(false);
        foreach (var step in plan.Steps)
        {
            var end = step.Why == OwnLeftovers.Why
                ? await DropAsync(session, step.Statement, log, cancel).ConfigureAwait(false)
                : await new PatientRebuild(limits).RunAsync(session, index, plan, step.Statement, lockTimeout, log, cancel).ConfigureAwait(false);
            if (end.Outcome != RepairOutcome.Done)
            {
                return new(end.Outcome, end.Reason, log.Sent);
            }
        }
        var now = await IndexLook.AtAsync(session.Connection, new(index.Oid, index.Quoted), cancel).ConfigureAwait(false);
        if (plan.Nothing is null && now is { Usable: true } && now.Oid == index.Oid && now.FileNode == index.FileNode)
        {
            return new(RepairOutcome.Failed, $"{index.Quoted} has still its old file: somebody renamed it meanwhile and another index was rebuilt", log.Sent);
        }
        return now is { Usable: true }
            ? new(RepairOutcome.Done, plan.Nothing, log.Sent) { Rebuilt = [now.Oid] }
            : new(RepairOutcome.Failed, now is null ? $"{index.Quoted} is gone after the repair" : $"{index.Quoted} is not valid after the repair", log.Sent);
    }

    private static async Task<RebuildEnd> DropAsync(RepairSession session, string statement, StatementLog log, CancellationToken cancel)
    {
        try
        {
            await log.RunAsync(session, statement, cancel).ConfigureAwait(false);
            return new(RepairOutcome.Done, null);
        }
        catch (PostgresException e) when (e.SqlState is Errors.SqlState.LockNotAvailable or Errors.SqlState.DeadlockDetected)
        {
            return new(RepairOutcome.Deferred, $"the table is busy: {e.MessageText}");
        }
        catch (PostgresException e) when (session.Connection.FullState == System.Data.ConnectionState.Open)
        {
            return new(RepairOutcome.Failed, $"{statement}: {e.MessageText}");
        }
    }
}
