using Dapper;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Pages;
using HealingWorkers.Jobs.Snapshots;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>Takes row versions out of their page, and only those whose whole content is in quarantine, committed and read back.</summary>
public sealed class KillTuples(IndexRecheck recheck, RepairLimits limits) : ISurgery, IProvenRepair
{
    private const string Locks = "SHARE UPDATE EXCLUSIVE on the table, which keeps VACUUM out; SHARE ROW EXCLUSIVE for the moment of looking again and taking out: readers go on";

    public string Name => "kill_tuples";

    public RepairDescription Description { get; } = new(
        "Keeps each row in quarantine, reads it back, then takes it out of its page (heap_force_kill) and clears away what led to it by VACUUM.", Locks,
        "The extension pg_surgery and EXECUTE on heap_force_kill (group healing_surgery), ownership of the table.",
        "The rows are in healing_quarantine, and the files in the snapshot.");

    public async Task<RepairPlan> PlanAsync(RepairSession session, Incident incident, CancellationToken cancel)
    {
        var plan = new RepairPlan(Name, RiskClass.Manual, []);
        if (await DamagedBlock.FindAsync(session, incident, cancel).ConfigureAwait(false) is not { Table: var table, Block: var block })
        {
            return await TableIndexes.NoRowsAsync(session, incident, plan, $"{incident.Object} no longer exists", cancel).ConfigureAwait(false);
        }
        var use = await Surgery.KillAsync(session, cancel).ConfigureAwait(false);
        if ((Surgery.Refusal(session, table) ?? (table.MainOid is not null ? $"{table.Quoted} keeps pieces of long values, which nobody can put back one by one" : null) ?? use.WhyNot) is { } no)
        {
            return plan with { Refuse = no };
        }
        var said = await HeapLook.OfBlockAsync(session.Target, session.Facts, table.Name, block, cancel).ConfigureAwait(false);
        var rows = (said ?? []).Where(r => r.Kind == FindingKind.HeapTupleCorrupt).ToList();
        if (said is not null && rows.Count == 0 && said.All(r => r.Kind != FindingKind.HeapTupleUnreadable))
        {
            return await TableIndexes.NoRowsAsync(session, incident, plan, $"no row in block {block} of {table.Quoted} breaks a rule by now", cancel).ConfigureAwait(false);
        }
        if (said is null || said.Any(r => r.Kind == FindingKind.HeapTupleUnreadable))
        {
            return plan with { Refuse = Lost(table, block, "rows of it cannot be read without danger") };
        }
        var places = rows.Select(r => new Tid(block, r.Offset)).Distinct().ToList();
        var seen = await SeenAsync(session, table, places, cancel).ConfigureAwait(false);
        if (places.Except(seen).ToList() is { Count: > 0 } unseen)
        {
            return plan with { Refuse = Lost(table, block, $"{string.Join(", ", unseen.Take(5))} cannot be fetched ({rows[0].Message}), so that it cannot be kept") };
        }
        if (await HiddenRows.AtAGlanceAsync(session, table, cancel).ConfigureAwait(false) is { } hidden)
        {
            return plan with { Defer = hidden };
        }
        var published = await table.PublishedAsync(session.Connection, "subscribers hear nothing of it and keep these rows; compare them there, and delete them by hand", cancel).ConfigureAwait(false);
        return plan with
        {
            Rows = places.Count,
            Relations = [table.Oid],
            IndexesBefore = await TableIndexes.BeforeAsync(session, table.Oid, cancel).ConfigureAwait(false),
            Samples = await RowSamples.SeenAsync(session, await QuarantineTable.OfAsync(session.Connection, table.Oid, cancel).ConfigureAwait(false), places, cancel).ConfigureAwait(false),
            Notes = ["These rows leave the table and are kept in healing_quarantine. Rows of other tables that refer to them are not touched: insert the rows again from quarantine.", .. published is null ? [] : new[] { published }, .. rows.Take(10).Select(r => FormattableString.Invariant($"({block},{r.Offset}): {r.Message}"))],
            Work = new Killed(incident, table, use.Function!, places, block) { Witness = await RowWitness.OfAsync(session, table, said, FindingKind.HeapTupleCorrupt, places, cancel).ConfigureAwait(false) },
            Steps =
            [
                new($"copy {places.Count} row(s) of {table.Quoted} to healing_quarantine, and read them back", Locks, "only what is kept may go"),
                new(Surgery.Statement(use.Function!, table, places), Locks, "takes them out of their page"),
                new(TableVacuum.Statement(table), "SHARE UPDATE EXCLUSIVE on the table", "clears away what led to them"),
            ],
        };
    }

    public async Task<RepairResult> ApplyAsync(RepairSession session, RepairPlan plan, SnapshotProof proof, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(proof);
        var log = new StatementLog();
        if (plan.Work is not Killed work)
        {
            return await new TableIndexes(recheck, limits).MendAloneAsync(session, plan, others: false, log, cancel).ConfigureAwait(false);
        }
        var (table, surgery) = (work.Table, new Surgery(session, log, limits));
        if (await HiddenRows.InTheWayAsync(session, table, cancel).ConfigureAwait(false) is { } hidden)
        {
            return new(RepairOutcome.Deferred, hidden, log.Sent);
        }
        var failed = (string?)null;
        if (!await surgery.HeldAsync(table, async () =>
            {
                failed = await ChangedAsync(session, work, cancel).ConfigureAwait(false);
                if (failed is not null)
                {
                    return;
                }
                var whole = await QuarantineTable.OfAsync(session.Connection, table.Oid, cancel).ConfigureAwait(false);
                await KeptRows.VoidUnchangedAsync(session, whole, work.Incident, Name, cancel).ConfigureAwait(false);
                await using var batch = await QuarantineBatch.OpenAsync(session, work.Incident, Name, "it breaks the rules of its page", log, cancel).ConfigureAwait(false);
                await batch.KeepAsync(whole, [.. work.Rows.Select(r => r.ToString())], cancel).ConfigureAwait(false);
                work.Batch = batch.Id;
            }, cancel).ConfigureAwait(false))
        {
            return new(RepairOutcome.Deferred, $"{table.Quoted} is busy: somebody vacuums or alters it", log.Sent);
        }
        if (failed is not null)
        {
            return new(RepairOutcome.Deferred, failed, log.Sent);
        }
        if (!await surgery.StillAsync(table, async () =>
            {
                // nobody may change a row between the last look at it and its end
                var whole = await QuarantineTable.OfAsync(session.Connection, table.Oid, cancel).ConfigureAwait(false);
                var same = await KeptRows.SameNowAsync(session, whole, work.Batch, cancel).ConfigureAwait(false);
                failed = same == work.Rows.Count ? await ChangedAsync(session, work, cancel).ConfigureAwait(false)
                    : $"only {same} of {work.Rows.Count} rows are kept as they are now: none was taken out";
                if (failed is not null)
                {
                    await KeptRows.VoidAsync(session, work.Batch, failed, cancel).ConfigureAwait(false);
                    return;
                }
                await log.RunAsync(session, Surgery.Statement(work.Function, table, work.Rows), cancel).ConfigureAwait(false);
            }, cancel).ConfigureAwait(false))
        {
            await KeptRows.VoidAsync(session, work.Batch, "the table was busy: none was taken out", cancel).ConfigureAwait(false);
            return new(RepairOutcome.Deferred, $"{table.Quoted} is busy: somebody vacuums or alters it", log.Sent);
        }
        if (failed is not null)
        {
            return new(RepairOutcome.Deferred, failed, log.Sent);
        }
        if (await TableVacuum.RunAsync(session, table, limits, log, cancel).ConfigureAwait(false) is { } busy)
        {
            return new(RepairOutcome.Deferred, busy, log.Sent) { RowsQuarantined = work.Rows.Count };
        }
        var mended = await new TableIndexes(recheck, limits).MendAsync(session, table, plan, others: false, log, cancel).ConfigureAwait(false);
        return new(mended.Trouble is null ? RepairOutcome.Done : RepairOutcome.Escalated, mended.Trouble, log.Sent)
        {
            RowsQuarantined = work.Rows.Count,
            Rebuilt = mended.Rebuilt,
            Touched = [new(table.Oid, [.. work.Rows.Select(r => r.Block).Distinct()])],
        };
    }

    public Task<OwnProof> ProveAsync(RepairSession session, Incident incident, RepairPlan plan, RepairResult result, CancellationToken cancel) =>
        plan.Work is not Killed work ? new TableIndexes(recheck, limits).ProveAloneAsync(session, plan, cancel)
            : new TableIndexes(recheck, limits).ProveAsync(session, work.Table.Oid, $"{work.Rows.Count} row(s) are in healing_quarantine, batch {work.Batch}", cancel);

    private static async Task<IReadOnlyList<Tid>> SeenAsync(RepairSession session, TableLook table, IReadOnlyList<Tid> rows, CancellationToken cancel) =>
        [.. (await session.Connection.QueryAsync<string>(new CommandDefinition($"SELECT t.ctid::text FROM ONLY {table.Quoted} t WHERE t.ctid = ANY (@tids::text[]::tid[])",
            new { tids = rows.Select(r => r.ToString()).ToArray() }, cancellationToken: cancel)).ConfigureAwait(false)).Select(Tid.Parse)];

    /// <summary>Null when each place still shows what was planned for.</summary>
    private static async Task<string?> ChangedAsync(RepairSession session, Killed work, CancellationToken cancel)
    {
        var said = await HeapLook.OfBlockAsync(session.Target, session.Facts, work.Table.Name, work.Block, cancel).ConfigureAwait(false) ?? [];
        var now = await RowWitness.OfAsync(session, work.Table, said, FindingKind.HeapTupleCorrupt, work.Rows, cancel).ConfigureAwait(false);
        return work.Rows.Where(r => now[r] != work.Witness[r]).ToList() is { Count: > 0 } other
            ? $"{other.Count} of {work.Rows.Count} places of {work.Table.Quoted} ({string.Join(", ", other.Take(5))}) do not hold what was planned for, or it breaks no rule any more: none was taken out" : null;
    }

    private static string Lost(TableLook table, long block, string why) =>
        $"in block {block} of {table.Quoted} {why}; without a standby or a backup that has it nothing is taken out. Fetch the rows from there by their keys, take the line pointers out by hand (heap_force_kill), insert the rows again, VACUUM and REINDEX TABLE";

    private sealed record Killed(Incident Incident, TableLook Table, string Function, IReadOnlyList<Tid> Rows, long Block)
    {
        public required IReadOnlyDictionary<Tid, string> Witness { get; init; }
        public long Batch { get; set; }
    }
}
