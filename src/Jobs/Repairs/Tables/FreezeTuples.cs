using System.Globalization;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Pages;
using HealingWorkers.Jobs.Snapshots;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>Row versions that name an impossible transaction, or whose bits hide them wrongly, are declared to be there for good. A person says so: one of them may have been removed before.</summary>
public sealed class FreezeTuples(IndexRecheck recheck, RepairLimits limits) : ISurgery, IProvenRepair
{
    private const string Locks = "SHARE ROW EXCLUSIVE on the table for the moment of looking again and declaring: writers wait, readers go on";
    private const string SoftLocks = "SHARE UPDATE EXCLUSIVE on the table, which keeps VACUUM out: nobody who reads or writes waits";

    public string Name => "freeze_tuples";

    public RepairDescription Description { get; } = new(
        "Declares row versions to be committed and not removed (heap_force_freeze), and sees to it that the table's indexes lead to them.", Locks,
        "The extension pg_surgery and EXECUTE on heap_force_freeze (group healing_surgery), ownership of the table and SELECT on it.",
        "The files in the snapshot; a row that came back and should not have is deleted by hand.");

    public async Task<RepairPlan> PlanAsync(RepairSession session, Incident incident, CancellationToken cancel)
    {
        var plan = new RepairPlan(Name, RiskClass.Manual, []);
        if (await DamagedBlock.FindAsync(session, incident, cancel).ConfigureAwait(false) is not { Table: var table, Block: var block })
        {
            return await Surgery.CutOffAsync(session, incident, cancel).ConfigureAwait(false) is { } cut ? plan with { Refuse = cut }
                : await TableIndexes.NoRowsAsync(session, incident, plan, $"{incident.Object} no longer exists", cancel).ConfigureAwait(false);
        }
        var use = await Surgery.FreezeAsync(session, cancel).ConfigureAwait(false);
        if ((Surgery.Refusal(session, table) ?? use.WhyNot
            ?? (table.MayRead ? null : $"whether somebody changes rows of {table.Quoted} meanwhile cannot be seen: GRANT SELECT ON {table.Quoted} TO {session.Role}")) is { } no)
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
            var nothing = $"no row in block {block} of {table.Quoted} is hidden by its header by now";
            return incident.Kind == FindingKind.HeapBitsWrong && Surgery.Vanished(session, nothing) is { } vanished ? plan with { Refuse = vanished }
                : await TableIndexes.NoRowsAsync(session, incident, plan, nothing, cancel).ConfigureAwait(false);
        }
        var byBits = incident.Kind == FindingKind.HeapBitsWrong;
        var witness = byBits ? null : await RowWitness.OfAsync(session, table, said, FindingKind.HeapXminInvalid, rows, cancel).ConfigureAwait(false);
        if (!byBits && await RowBitsLook.RemovedAsync(session.Target, session.Facts, table.Name, block, rows, cancel).ConfigureAwait(false) is [var removed, ..])
        {
            return plan with { Refuse = $"the row at {removed.Place} of {table.Quoted} was removed or replaced by transaction {removed.Header.Xmax.ToString(CultureInfo.InvariantCulture)}, which committed: declared to be there, it would come back. Take it out by hand (heap_force_kill), VACUUM, then reopen" };
        }
        var published = await table.PublishedAsync(session.Connection, "subscribers hear nothing of it; compare with what they have of these rows", cancel).ConfigureAwait(false);
        return plan with
        {
            Rows = rows.Count,
            Relations = [table.Oid],
            IndexesBefore = await TableIndexes.BeforeAsync(session, table.Oid, cancel).ConfigureAwait(false),
            Samples = await RowSamples.OfAsync(session, table, rows, cancel).ConfigureAwait(false),
            Notes =
            [
                "Each of these rows is there for everybody afterwards. If one was removed or replaced before its header was damaged, it comes back: compare it with what you know.",
                .. published is null ? [] : new[] { published },
                .. wrong.Take(10).Select(r => $"{r.Place}: {r.Why}"),
            ],
            Work = new Frozen(table, use.Function!, rows, witness),
            Steps =
            [
                new(Surgery.Statement(use.Function!, table, rows), Locks, "declares the rows to be committed and not removed"),
                new($"REINDEX INDEX CONCURRENTLY of those indexes of {table.Quoted} that do not lead to them", SoftLocks, "an index may never have known them"),
            ],
        };
    }

    /// <summary>
    /// Rows that their bits hide are cleared away, and their places are given to others: those that are hidden still. Rows that can be read
    /// may also be changed and removed: those that nobody has touched. VACUUM and writers are kept out by now.
    /// </summary>
    private static async Task<IReadOnlyList<Tid>> StillAsync(RepairSession session, Frozen work, CancellationToken cancel)
    {
        if (work.Witness is { } witness)
        {
            var said = await HeapLook.OfBlockAsync(session.Target, session.Facts, work.Table.Name, work.Rows[0].Block, cancel).ConfigureAwait(false) ?? [];
            var now = await RowWitness.OfAsync(session, work.Table, said, FindingKind.HeapXminInvalid, work.Rows, cancel).ConfigureAwait(false);
            return [.. work.Rows.Where(r => now[r] == witness[r])];
        }
        return [.. (await HiddenAsync(session, work.Table, work.Rows[0].Block, cancel).ConfigureAwait(false) ?? []).Select(r => r.Place).Intersect(work.Rows)];
    }

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
            return await new TableIndexes(recheck, limits).MendAloneAsync(session, plan, others: true, log, cancel).ConfigureAwait(false);
        }
        var missing = 0;
        var surgery = new Surgery(session, log, limits);
        async Task DeclareAsync()
        {
            var still = await StillAsync(session, work, cancel).ConfigureAwait(false);
            missing = work.Rows.Count - still.Count;
            if (still.Count > 0)
            {
                await log.RunAsync(session, Surgery.Statement(work.Function, work.Table, still), cancel).ConfigureAwait(false);
            }
        }
        if (work.Witness is null)
        {
            // what is only in memory is written now, so that the look under lock, for which writers wait, finds little of it
            await HiddenAsync(session, work.Table, work.Rows[0].Block, cancel).ConfigureAwait(false);
        }
        // whoever reads may clear a hidden row away, and whoever writes have its place at once
        if (!await surgery.StillAsync(work.Table, DeclareAsync, cancel).ConfigureAwait(false))
        {
            return new(RepairOutcome.Deferred, $"{work.Table.Quoted} is busy: somebody writes, vacuums or alters it, or has given its name to another table", log.Sent);
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
            ? new(mended.End, $"the rows are there again, but {trouble}", log.Sent)
            : new(RepairOutcome.Done, null, log.Sent)
            {
                Rebuilt = mended.Rebuilt,
                Touched = [new(work.Table.Oid, [.. work.Rows.Select(r => r.Block).Distinct()]), .. mended.Touched],
            };
    }

    public Task<OwnProof> ProveAsync(RepairSession session, Incident incident, RepairPlan plan, RepairResult result, CancellationToken cancel) =>
        plan.Work is not Frozen work ? new TableIndexes(recheck, limits).ProveAloneAsync(session, plan, cancel)
            : new TableIndexes(recheck, limits).ProveAsync(session, work.Table.Oid, $"{work.Rows.Count} row(s) declared to be there", cancel);

    /// <param name="Witness">How each row showed itself; null where its bits hide it, so that nobody can change it.</param>
    private sealed record Frozen(TableLook Table, string Function, IReadOnlyList<Tid> Rows, IReadOnlyDictionary<Tid, string>? Witness);
}
