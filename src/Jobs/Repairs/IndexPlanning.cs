using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>What both rebuilds of one index look at before they promise anything.</summary>
public sealed class IndexPlanning(IndexRecheck recheck, RepairLimits limits)
{
    private static readonly FindingKind[] OfRows = [FindingKind.HeapRowsLost, FindingKind.HeapTupleUnreadable, FindingKind.HeapPageInvalid, .. HiddenRows.Kinds];

    public async Task<RepairPlan> PlanAsync(RepairSession session, Incident incident, RiskClass risk, Func<IndexLook, string?> refuse, Func<IndexLook, RepairStep> rebuild, CancellationToken cancel)
    {
        var plan = new RepairPlan(incident.Repair!, risk, []) { Derived = true };
        if (await IndexLook.AtAsync(session.Connection, incident.Object, cancel).ConfigureAwait(false) is not { } index)
        {
            return plan with { Nothing = $"{incident.Object} no longer exists" };
        }
        if ((CommonRefusal(session, index) ?? refuse(index)) is { } no)
        {
            return plan with { Refuse = no };
        }
        var beside = await session.OpenBesideAsync([index.TableOid, index.Oid], cancel).ConfigureAwait(false);
        // whoever brings them back builds what does not lead to them anew himself
        if (incident.Kind != FindingKind.IndexFileMissing && HiddenRows.OpenOn(beside, index.TableOid) is { } hidden)
        {
            return plan with { Defer = $"rows of its table are hidden by their own bits (incident {hidden.Id}: {hidden.Kind.Name} on {hidden.Object}), and {index.Quoted} built anew would not lead to them: they are brought back first" };
        }
        if (LastTrace(beside, incident, index.TableOid, new(index.Oid, index.Quoted)) is { } trace)
        {
            return plan with { Refuse = trace };
        }
        if (await TargetRoom.OtherBuildAsync(session, index, cancel).ConfigureAwait(false) is { } build)
        {
            return plan with { Defer = build };
        }
        var before = await TableIndexes.BeforeAsync(session, index.TableOid, cancel).ConfigureAwait(false);
        var leftovers = await OwnLeftovers.FindAsync(session, index, before, incident.Object.Oid, cancel).ConfigureAwait(false);
        plan = plan with
        {
            Indexes = [index],
            IndexesBefore = before,
            Steps = [.. leftovers.Select(l => new RepairStep(OwnLeftovers.Drop(l), "SHARE UPDATE EXCLUSIVE on the table", OwnLeftovers.Why))],
        };
        if ((session.LookAgain || index.Oid != incident.Object.Oid || index.Quoted != incident.Object.Quoted) && index.Usable
            && await recheck.LookAsync(session.Target, [index.Oid], cancel).ConfigureAwait(false) is { Looked: true, Sound: true })
        {
            return plan with { Nothing = index.Oid == incident.Object.Oid ? $"{index.Quoted} is sound by now" : $"{index.Quoted} has been rebuilt already and is sound" };
        }
        return await new TargetRoom(limits).WhyWaitAsync(session, index, cancel).ConfigureAwait(false) is { } wait
            ? plan with { Defer = wait }
            : await new LostRows(session).OfAsync(plan with { Relations = [index.Oid], Steps = [.. plan.Steps, rebuild(index)] }, incident, index, cancel).ConfigureAwait(false);
    }

    /// <summary>Where rows of a table are lost, hidden or cannot be read, its indexes are the last that knows of them; built anew they would know only what is left.</summary>
    /// <param name="beside">What else is open on the table and the index.</param>
    internal static string? LastTrace(IReadOnlyList<Incident> beside, Incident incident, long table, RelationName index) =>
        incident.Kind != FindingKind.IndexFileMissing && beside.FirstOrDefault(i => OfRows.Contains(i.Kind) && i.TableOid == table) is { } lost
            ? $"rows of its table are damaged (incident {lost.Id}: {lost.Kind.Name} on {lost.Object}), and {index.Quoted} may be the last that knows of them: it is rebuilt after that, by `healing incidents reopen {incident.Id}`"
            : SuspectValue(beside, index);

    /// <summary>The same for whoever mends the indexes of rows that he worked on: that others of the table are hidden still is no reason then.</summary>
    internal static string? OwnTrace(IReadOnlyList<Incident> beside, long table, RelationName index) =>
        beside.FirstOrDefault(i => OfRows.Contains(i.Kind) && !HiddenRows.Kinds.Contains(i.Kind) && i.TableOid == table) is { } lost
            ? $"rows of its table are damaged (incident {lost.Id}: {lost.Kind.Name} on {lost.Object}), and it may be the last that knows of them"
            : SuspectValue(beside, index);

    /// <summary>A new index would take over what the table says, and nobody has said yet that this is right.</summary>
    internal static string? SuspectValue(IReadOnlyList<Incident> beside, RelationName index) =>
        beside.FirstOrDefault(i => i.Kind == FindingKind.HeapValueSuspect && i.Object.Oid == index.Oid) is { } suspect
            ? $"{index.Quoted} and its table say two things of a row (incident {suspect.Id}), and it may hold the last trace of the right one: it is rebuilt when a person has decided and closed that"
            : null;

    private static string? CommonRefusal(RepairSession session, IndexLook index) =>
        session.Facts.IsStandby ? "the target is a standby: an index is rebuilt on its primary"
        : index.IsTemporary ? $"{index.Quoted} belongs to another session's temporary table"
        : index.Kind != "i" ? $"{index.Quoted} is partitioned and has no file of its own: its parts are repaired"
        : !index.IsOurs ? $"the role {session.Role} may not rebuild {index.Quoted}: GRANT {index.Owner} TO {session.Role}"
        : null;
}
