using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Snapshots;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>An index of the catalogue that every session needs: the server is stopped, the index is built anew by a single process that uses no index of the catalogue, and the server is started again.</summary>
public sealed class RebuildCriticalIndex(IndexRecheck recheck) : IRepair
{
    public string Name => "rebuild_critical_index";

    public RepairDescription Description { get; } = new(
        "Stops the server, builds the index anew in single-user mode without the catalogue's indexes, and starts the server again.", StoppedServer.Locks,
        StoppedServer.Needs,
        "None: an index holds nothing that the catalogue does not.");

    public async Task<RepairPlan> PlanAsync(RepairSession session, Incident incident, CancellationToken cancel)
    {
        var plan = new RepairPlan(Name, RiskClass.Manual, []) { Derived = true };
        if (await IndexLook.AtAsync(session.Connection, incident.Object, cancel).ConfigureAwait(false) is not { } index)
        {
            return plan with { Nothing = $"{incident.Object} no longer exists" };
        }
        var commands = CriticalIndex.Commands(session.Facts.Database, index.Quoted, session.Facts.DataDirectory);
        var (control, whyNot) = await StoppedServer.ControlAsync(session, cancel).ConfigureAwait(false);
        if (session.Facts.IsStandby || !index.IsCatalog || control is null)
        {
            return plan with { Refuse = (session.Facts.IsStandby ? "the target is a standby" : !index.IsCatalog ? $"{index.Quoted} is none of the catalogue's" : whyNot) + $"; a person rebuilds it {commands}" };
        }
        if (session.LookAgain && await recheck.LookAsync(session.Target, [index.Oid], cancel).ConfigureAwait(false) is { Looked: true, Sound: true })
        {
            return plan with { Nothing = $"{index.Quoted} is sound by now" };
        }
        return plan with
        {
            Indexes = [index],
            Relations = [index.Oid],
            // it is stopped once for both: with such an index it may let nobody in when it was started again before the rebuild
            Base = BaseSnapshot.DataDirectory,
            StopsServer = true,
            Notes = [$"every session of the whole server ends, those of other databases too; it is down for some seconds, and where a maintenance window is open for as long as a copy of its files takes. By hand it would be, {commands}"],
            Work = control,
            Steps = StoppedServer.Steps(session, control, Statement(index), "the index is built anew from its catalogue, without any index of the catalogue"),
        };
    }

    public async Task<RepairResult> ApplyAsync(RepairSession session, RepairPlan plan, SnapshotProof proof, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(proof);
        if (plan is not { Indexes: [var index], Work: ServerControl control })
        {
            return new(RepairOutcome.Done, plan.Nothing, []);
        }
        var commands = CriticalIndex.Commands(session.Facts.Database, index.Quoted, session.Facts.DataDirectory);
        if (await session.IsLedgerHereAsync(cancel).ConfigureAwait(false))
        {
            return new(RepairOutcome.Escalated, $"{StoppedServer.LedgerIsHere} {commands}", []);
        }
        var result = await StoppedServer.ApplyAsync(session, plan, control, Statement(index), commands, cancel).ConfigureAwait(false);
        return result.Outcome == RepairOutcome.Done ? result with { Rebuilt = [index.Oid] } : result;
    }

    private static string Statement(IndexLook index) => $"REINDEX INDEX {index.Quoted}";
}
