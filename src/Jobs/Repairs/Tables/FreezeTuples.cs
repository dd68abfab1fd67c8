using System.Globalization;
using Dapper;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Pages;
using HealingWorkers.Jobs.Snapshots;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>Row versions that name an impossible transaction, or whose bits hide them wrongly, are declared to be there for good. A person says so: one of them may have been removed before.</summary>
public sealed class FreezeTuples(IndexRecheck recheck, RepairLimits limits) : ISurgery, IProvenRepair
{
    private const string Locks = "SHARE UPDATE EXCLUSIVE on the table, which keeps VACUUM out: nobody who reads or writes waits";

    public string Name => "freeze_tuples";

    public RepairDescription Description { get; } = new(
        "Declares row versions to be committed and not removed (heap_force_freeze), and sees to it that the table's indexes lead to them.", Locks,
        "The extension pg_surgery and EXECUTE on heap_force_freeze (group healing_surgery), ownership of the table.",
        "The files in the snapshot; a row that came back and should not have is deleted by hand.");

    public async Task<RepairPlan> PlanAsync(RepairSession session, Incident incident, CancellationToken cancel)
    {
        var plan = new RepairPlan(Name, RiskClass.Manual, []);
        if (await DamagedBlock.FindAsync(session, incident, cancel).ConfigureAwait(false) is not { Table: var table, Block: var block })
        {
            return plan with { Nothing = $"{incident.Object} no longer exists" };
        }
        var use = await Surgery.FreezeAsync(session, cancel).ConfigureAwait(false);
        if ((Surgery.Refusal(session, table) ?? use.WhyNot) is { } no)
        {
            return plan with { Refuse = no };
        }
        if (await HeapLook.OfBlockAsync(session.Target, session.Facts, table.Name, block, cancel).ConfigureAwait(false) is not { } said)
        {
            return plan with { Refuse = $"block {block} of {table.Quoted} cannot be read: no row of it is declared to be sound" };
        }
        if (said.FirstOrDefault(r => r.Kind == FindingKind.HeapTupleUnreadable) is { } torn)
        {
            return plan with { Refuse = $"a row at ({block},{torn.Offset}) of {table.Quoted} lies wrong ({torn.Message}): the whole block may be torn, and no row of it is declared to be sound" };
        }
        var wrong = incident.Kind == FindingKind.HeapBitsWrong ? await HiddenAsync(session, table, block, cancel).ConfigureAwait(false)
            : [.. said.Where(r => r.Kind == FindingKind.HeapXminInvalid && r.Offset > 0).Select(r => (new Tid(block, r.Offset), r.Message))];
        if (wrong is null)
        {
            return plan with { Refuse = "what the rows' bits say by now cannot be seen from here: it wants sight of the server's files and the right to CHECKPOINT" };
        }
        var rows = wrong.Select(r => r.Place).Distinct().ToList();
        if (rows.Count == 0)
        {
            return plan with { Nothing = $"no row in block {block} of {table.Quoted} is hidden by its header by now" };
        }
        var now = await session.Connection.QueryAsync<long>(new CommandDefinition(Sql.Of<IndexLook>("table_indexes"), new { table = table.Oid }, cancellationToken: cancel)).ConfigureAwait(false);
        return plan with
        {
            Rows = rows.Count,
            Relations = [table.Oid],
            IndexesBefore = session.IndexesBefore ?? [.. now],
            Samples = await RowSamples.OfAsync(session, table, rows, cancel).ConfigureAwait(false),
            Notes =
            [
                "Each of these rows is there for everybody afterwards. If one was removed or replaced before its header was damaged, it comes back: compare it with what you know.",
                .. wrong.Take(10).Select(r => $"{r.Place}: {r.Why}"),
            ],
            Work = new Frozen(table, use.Function!, rows, ByBits: incident.Kind == FindingKind.HeapBitsWrong),
            Steps =
            [
                new(Surgery.Statement(use.Function!, table, rows), Locks, "declares the rows to be committed and not removed"),
                new($"REINDEX INDEX CONCURRENTLY of those indexes of {table.Quoted} that do not lead to them", Locks, "an index may never have known them"),
            ],
        };
    }

    /// <summary>VACUUM takes rows away that their bits hide, and their places are given to others: those that are hidden still, now that it is kept out.</summary>
    private static async Task<IReadOnlyList<Tid>> StillAsync(RepairSession session, Frozen work, CancellationToken cancel) =>
        !work.ByBits ? work.Rows : [.. (await HiddenAsync(session, work.Table, work.Rows[0].Block, cancel).ConfigureAwait(false) ?? []).Select(r => r.Place).Intersect(work.Rows)];

    /// <summary>Null where that cannot be seen.</summary>
    private static async Task<IReadOnlyList<(Tid Place, string Why)>?> HiddenAsync(RepairSession session, TableLook table, long block, CancellationToken cancel) =>
        await RowBitsLook.NowAsync(session.Target, session.Facts, table.Name, block, cancel).ConfigureAwait(false) is { } rows
            ? [.. rows.Select(r => (r.Place, $"made by transaction {r.Header.Xmin.ToString(CultureInfo.InvariantCulture)}, which committed, and removed by none that did"))] : null;

    public async Task<RepairResult> ApplyAsync(RepairSession session, RepairPlan plan, SnapshotProof proof, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(proof);
        var log = new StatementLog();
        if (plan.Work is not Frozen work)
        {
            return new(RepairOutcome.Done, plan.Nothing, log.Sent);
        }
        var missing = 0;
        if (!await new Surgery(session, log, limits).HeldAsync(work.Table, async () =>
            {
                var still = await StillAsync(session, work, cancel).ConfigureAwait(false);
                missing = work.Rows.Count - still.Count;
                if (still.Count > 0)
                {
                    await log.RunAsync(session, Surgery.Statement(work.Function, work.Table, still), cancel).ConfigureAwait(false);
                }
            }, cancel).ConfigureAwait(false))
        {
            return new(RepairOutcome.Deferred, $"{work.Table.Quoted} is busy: somebody vacuums or alters it", log.Sent);
        }
        if (missing > 0)
        {
            return new(RepairOutcome.Escalated, $"{missing} of {work.Rows.Count} row(s) were changed or removed by somebody meanwhile, or cannot be seen any more, and are left alone", log.Sent);
        }
        // only now is all of the row looked at
        var after = await HeapLook.OfBlockAsync(session.Target, session.Facts, work.Table.Name, work.Rows[0].Block, cancel).ConfigureAwait(false);
        if (after is null || after.FirstOrDefault(r => r.Kind == FindingKind.HeapTupleUnreadable) is not null)
        {
            return new(RepairOutcome.Escalated, $"the rows name no impossible transaction any more, but one lies wrong in its page ({after?.First(r => r.Kind == FindingKind.HeapTupleUnreadable).Message}): do not read block {work.Rows[0].Block} of {work.Table.Quoted}; see heap_tuple_unreadable", log.Sent);
        }
        var mended = await new TableIndexes(recheck, limits).MendAsync(session, work.Table, plan, others: true, log, cancel).ConfigureAwait(false);
        return mended.Trouble is { } trouble
            ? new(mended.Outcome == RepairOutcome.Deferred ? RepairOutcome.Deferred : RepairOutcome.Escalated, $"the rows are there again, but {trouble}", log.Sent)
            : new(RepairOutcome.Done, null, log.Sent)
            {
                Rebuilt = mended.Rebuilt,
                Touched = [new(work.Table.Oid, [.. work.Rows.Select(r => r.Block).Distinct()]), .. mended.Others.Select(o => new TouchedRelation(o, []))],
            };
    }

    public Task<OwnProof> ProveAsync(RepairSession session, Incident incident, RepairPlan plan, RepairResult result, CancellationToken cancel) =>
        plan.Work is not Frozen work ? Task.FromResult(new OwnProof(true, plan.Nothing ?? "nothing was to be done"))
            : new TableIndexes(recheck, limits).ProveAsync(session, work.Table.Oid, $"{work.Rows.Count} row(s) declared to be there", cancel);

    private sealed record Frozen(TableLook Table, string Function, IReadOnlyList<Tid> Rows, bool ByBits);
}
