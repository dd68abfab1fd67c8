using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Pages;
using HealingWorkers.Jobs.Snapshots;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>Committed rows that their own hint bits hide: copied while the visibility map still shows them, then marked as what they are.</summary>
public sealed class UnhideRows(IndexRecheck recheck, RepairLimits limits) : ISurgery, IProvenRepair
{
    private const string Locks = "SHARE UPDATE EXCLUSIVE on the table, which keeps VACUUM out: nobody who reads or writes waits";

    private const string IndexLocks = "SHARE UPDATE EXCLUSIVE on the table; writers wait while the index of an exclusion constraint is built";

    public string Name => "unhide_rows";

    public RepairDescription Description { get; } = new(
        "Keeps a copy of the rows in quarantine, then marks them as committed and not removed (heap_force_freeze), and sees to it that the table's indexes lead to them.", $"{Locks}, but writers while the index of an exclusion constraint is built anew",
        "The extension pg_surgery and EXECUTE on heap_force_freeze (group healing_surgery), ownership of the table.",
        "None is needed: the rows are what they were before their bits were damaged.");

    public async Task<RepairPlan> PlanAsync(RepairSession session, Incident incident, CancellationToken cancel)
    {
        var plan = new RepairPlan(Name, RiskClass.LosslessOnline, []);
        var block = DamagedBlock.NumberOf(incident);
        if (await TableLook.AtAsync(session.Connection, incident.TableOid, cancel).ConfigureAwait(false) is not { } table)
        {
            return plan with { Nothing = $"{incident.Object} no longer exists" };
        }
        var use = await Surgery.FreezeAsync(session, cancel).ConfigureAwait(false);
        if ((Surgery.Refusal(session, table) ?? use.WhyNot) is { } no)
        {
            return plan with { Refuse = $"{no}. Until then keep VACUUM away from {table.Quoted}: it would remove the rows" };
        }
        var map = await VisibilityLook.NowAsync(session.Target, session.Facts, table.Name, cancel).ConfigureAwait(false);
        if (map.Unsure.Any(t => t.Block == block))
        {
            return plan with { Refuse = $"of rows in block {block} of {table.Quoted} it cannot be told whether the map is wrong or their own bits are: the map is left alone, and nothing is marked" };
        }
        var rows = map.Hidden.Where(t => t.Block == block).ToList();
        var nothing = $"no row in block {block} of {table.Quoted} is hidden by now";
        return rows.Count == 0 && Surgery.Vanished(session, nothing) is { } vanished ? plan with { Refuse = vanished }
            : rows.Count == 0 ? await TableIndexes.NoRowsAsync(session, incident, plan, nothing, cancel).ConfigureAwait(false)
            : plan with
            {
                Rows = rows.Count,
                Relations = [table.Oid],
                IndexesBefore = await TableIndexes.BeforeAsync(session, table.Oid, cancel).ConfigureAwait(false),
                Work = new Hidden(incident, table, use.Function!, rows),
                Steps =
                [
                    new($"copy {rows.Count} row(s) of {table.Quoted} at {string.Join(", ", rows.Take(5))} to healing_quarantine", Locks, "a VACUUM could remove them at any moment"),
                    new(Surgery.Statement(use.Function!, table, rows), Locks, "marks them as committed and not removed"),
                    new($"REINDEX INDEX CONCURRENTLY of those indexes of {table.Quoted} that do not lead to them, and of those that are no B-trees", IndexLocks, "whoever looked for a hidden row by its key had its entry marked as dead"),
                ],
            };
    }

    public async Task<RepairResult> ApplyAsync(RepairSession session, RepairPlan plan, SnapshotProof proof, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(proof);
        var log = new StatementLog();
        if (plan.Work is not Hidden work)
        {
            return await new TableIndexes(recheck, limits).MendAloneAsync(session, plan, others: true, log, cancel).ConfigureAwait(false);
        }
        var (table, surgery) = (work.Table, new Surgery(session, log, limits));
        var whole = await QuarantineTable.OfAsync(session.Connection, table.Oid, cancel).ConfigureAwait(false);
        var kept = 0L;
        if (!await surgery.HeldAsync(table, async () =>
            {
                await using var batch = await QuarantineBatch.OpenAsync(session, work.Incident, Name, "hidden by their hint bits", log, cancel).ConfigureAwait(false);
                kept = await batch.KeepScannedAsync(whole, [.. work.Rows.Select(r => r.ToString())], cancel).ConfigureAwait(false);
                work.Batch = batch.Id;
            }, cancel).ConfigureAwait(false))
        {
            return new(RepairOutcome.Deferred, $"{table.Quoted} is busy: somebody vacuums or alters it", log.Sent);
        }
        var copied = await KeptRows.CountAsync(session, work.Batch, cancel).ConfigureAwait(false);
        if (copied != kept)
        {
            return new(RepairOutcome.Failed, $"{kept} rows were copied and {copied} are read back", log.Sent);
        }
        var missing = 0;
        if (!await surgery.HeldAsync(table, async () =>
            {
                // whoever vacuumed in between has removed some, and they are in quarantine alone
                var still = (await VisibilityLook.NowAsync(session.Target, session.Facts, table.Name, cancel).ConfigureAwait(false)).Hidden.Intersect(work.Rows).ToList();
                missing = work.Rows.Count - still.Count;
                if (still.Count > 0)
                {
                    await log.RunAsync(session, Surgery.Statement(work.Function, table, still), cancel).ConfigureAwait(false);
                }
            }, cancel).ConfigureAwait(false))
        {
            return new(RepairOutcome.Deferred, $"{table.Quoted} is busy: somebody vacuums or alters it; the rows are in quarantine", log.Sent) { RowsQuarantined = copied };
        }
        var mended = await new TableIndexes(recheck, limits).MendAsync(session, table, plan, others: true, log, cancel).ConfigureAwait(false);
        var changed = missing == 0 ? null : $"{missing} row(s) were changed or removed by somebody while they were brought back; copies of {copied} are in healing_quarantine, batch {work.Batch}";
        return new(changed is not null ? RepairOutcome.Escalated : mended.Trouble is not null ? mended.End : RepairOutcome.Done,
            changed ?? (mended.Trouble is { } trouble ? $"the rows are there again, but {trouble}" : null), log.Sent)
        {
            RowsQuarantined = copied,
            Rebuilt = mended.Rebuilt,
            Touched = [new(table.Oid, [.. work.Rows.Select(r => r.Block).Distinct()]), .. mended.Touched],
        };
    }

    /// <summary>The rows are there again, each as its copy, and every B-tree leads to them.</summary>
    public async Task<OwnProof> ProveAsync(RepairSession session, Incident incident, RepairPlan plan, RepairResult result, CancellationToken cancel)
    {
        if (plan.Work is not Hidden work)
        {
            return await new TableIndexes(recheck, limits).ProveAloneAsync(session, plan, cancel).ConfigureAwait(false);
        }
        var whole = await QuarantineTable.OfAsync(session.Connection, work.Table.Oid, cancel).ConfigureAwait(false);
        var same = await KeptRows.SameAsync(session, whole, work.Batch, cancel).ConfigureAwait(false);
        // all of them were marked: one that differs by now was changed by whoever may, now that it can be seen
        var others = result.RowsQuarantined - same;
        return await new TableIndexes(recheck, limits).ProveAsync(session, work.Table.Oid,
            $"{same} row(s) are there again, each like its copy" + (others == 0 ? "" : $", and {others} that somebody has changed since"), cancel).ConfigureAwait(false);
    }

    private sealed record Hidden(Incident Incident, TableLook Table, string Function, IReadOnlyList<Tid> Rows)
    {
        public long Batch { get; set; }
    }
}
