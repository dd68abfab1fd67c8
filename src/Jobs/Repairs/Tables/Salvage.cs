using System.Globalization;
using Dapper;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Pages;
using HealingWorkers.Jobs.Snapshots;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>Where rows can only come back from elsewhere: keeps the files and every readable row around them, and calls a person with a plan. It destroys nothing.</summary>
public sealed class Salvage : IRepair
{
    /// <summary>No page of 8 kB has more line pointers.</summary>
    private const int MostItems = 291;
    private const string Locks = "ACCESS SHARE, as a SELECT";

    public string Name => "salvage";

    public RepairDescription Description { get; } = new(
        "Keeps a copy of the table's files and, in quarantine, of every readable row of the damaged block; then it calls a person.", Locks,
        "SELECT on the table; the right to make the schema healing_quarantine (CREATE on the database).",
        "None is needed: nothing of the table is changed.");

    public async Task<RepairPlan> PlanAsync(RepairSession session, Incident incident, CancellationToken cancel)
    {
        var plan = new RepairPlan(Name, RiskClass.LosslessOnline, []);
        if (await DamagedBlock.FindAsync(session, incident, cancel).ConfigureAwait(false) is not { Table: var table, Block: var block })
        {
            return await Surgery.CutOffAsync(session, incident, cancel).ConfigureAwait(false) is { } cut ? plan with { Refuse = cut } : plan with { Nothing = $"{incident.Object} no longer exists" };
        }
        if (session.Facts.IsStandby || table.IsCatalog)
        {
            return plan with { Refuse = table.Refusal(session) ?? "a person restores it" };
        }
        var said = await HeapLook.OfBlockAsync(session.Target, session.Facts, table.Name, block, cancel).ConfigureAwait(false);
        var hidden = incident.Kind == FindingKind.HeapRowsHidden;
        if (said is { Count: 0 } && !hidden)
        {
            return plan with { Nothing = $"block {block} of {table.Quoted} is sound by now" };
        }
        if (hidden && await VisibilityLook.NowAsync(session.Target, session.Facts, table.Name, cancel).ConfigureAwait(false) is { Hidden.Count: 0, Unsure.Count: 0, HasMore: false })
        {
            var nothing = $"the visibility map of {table.Quoted} shows no row any more that its bits hide";
            return Surgery.Vanished(session, nothing) is { } vanished ? plan with { Refuse = vanished } : plan with { Nothing = nothing };
        }
        var bad = (said ?? []).Select(r => r.Offset).Where(o => o > 0).ToHashSet();
        return plan with
        {
            Relations = [table.Oid],
            Notes = [WhatToDo(table, block, said, bad)],
            Work = new Saved(incident, table, block, said is not null, hidden, [.. Enumerable.Range(1, MostItems).Where(o => !bad.Contains(o)).Select(o => new Tid(block, o))]) { Plan = WhatToDo(table, block, said, bad) },
            Steps = [new($"copy the readable rows of block {block} of {table.Quoted} to healing_quarantine", Locks, "whatever is done next, they are kept")],
        };
    }

    public async Task<RepairResult> ApplyAsync(RepairSession session, RepairPlan plan, SnapshotProof proof, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(proof);
        var log = new StatementLog();
        if (plan.Work is not Saved work)
        {
            return new(RepairOutcome.Done, plan.Nothing, log.Sent);
        }
        var (kept, trouble) = work.CanBeRead ? await KeepAsync(session, work, log, cancel).ConfigureAwait(false) : (0, null);
        var copies = trouble is not null ? $"no copy of its other rows could be kept ({trouble})"
            : work.CanBeRead ? $"{kept} readable row(s) of the block are copied to healing_quarantine, batch {work.Batch}" : "no row of it can be read";
        return new(RepairOutcome.Escalated, $"{work.Plan} Kept so far: {proof.Statement}; {copies}.", log.Sent) { RowsQuarantined = kept };
    }

    private async Task<(long Kept, string? Trouble)> KeepAsync(RepairSession session, Saved work, StatementLog log, CancellationToken cancel)
    {
        try
        {
            await using var transaction = await session.Connection.BeginTransactionAsync(cancel).ConfigureAwait(false);
            await using var batch = await QuarantineBatch.OpenAsync(session, work.Incident, Name, "readable rows of a damaged block", log, cancel).ConfigureAwait(false);
            var table = await QuarantineTable.OfAsync(session.Connection, work.Table.Oid, cancel).ConfigureAwait(false);
            // each by its place, so that the damaged ones beside them are not touched
            await session.Connection.ExecuteAsync(new CommandDefinition("SET LOCAL enable_seqscan = off", cancellationToken: cancel)).ConfigureAwait(false);
            var places = work.Readable.Select(t => t.ToString()).ToList();
            var kept = work.Hidden ? await batch.KeepScannedAsync(table, places, cancel).ConfigureAwait(false) : await batch.KeepAsync(table, places, cancel).ConfigureAwait(false);
            await transaction.CommitAsync(cancel).ConfigureAwait(false);
            work.Batch = batch.Id;
            return (kept, null);
        }
        catch (Exception e) when (e is HealingException or PostgresException)
        {
            return (0, e is PostgresException p ? p.MessageText : e.Message);
        }
    }

    private static string WhatToDo(TableLook table, long block, IReadOnlyList<HeapDamageRow>? said, HashSet<int> bad)
    {
        var where = string.Create(CultureInfo.InvariantCulture, $"block {block} of {table.Quoted}");
        return said is null
            ? $"{where} cannot be read: every row in it is lost unless a standby or a backup has it. Do not set zero_damaged_pages and do not VACUUM FULL. Fetch the rows of {where} (ctid from ({block},1) on) from a standby or a backup; "
              + "the keys that other tables and the table's indexes still name tell which they are. Where no more than its checksum is wrong, a restored copy of the server shows them under ignore_checksum_failure; never set that on the live server, "
              + "where the page would then be taken for sound by everybody and get a new checksum. Then replace the page from there, or have it emptied and insert them again, and REINDEX TABLE."
            : bad.Count == 0 ? $"rows in {where} are not what the visibility map says, and it cannot be told here which of the two is wrong. Do not VACUUM the table and do not truncate its map before the rows are compared with a standby or a backup. Grant SELECT on the table or access to the server's files, then reopen."
            : $"{bad.Count} row version(s) in {where} cannot be read without danger to the server ({string.Join(", ", bad.Order().Take(10).Select(o => string.Create(CultureInfo.InvariantCulture, $"({block},{o})")))}): "
              + "do not SELECT, dump or VACUUM FULL them. They are lost unless a standby or a backup has them. Fetch them from there by their keys, take exactly these line pointers out (heap_force_kill; all of the block where its second half is torn), insert the rows again, VACUUM and REINDEX TABLE.";
    }

    private sealed record Saved(Incident Incident, TableLook Table, long Block, bool CanBeRead, bool Hidden, IReadOnlyList<Tid> Readable)
    {
        public required string Plan { get; init; }
        public long Batch { get; set; }
    }
}
