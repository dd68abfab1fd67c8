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
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    public string Name => "salvage";

    public RepairDescription Description { get; } = new(
        "Keeps a copy of the table's files and, in quarantine, of every row of the damaged block that can be read, if need be without the values that cannot; then it calls a person.", Locks,
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
        var rows = (said ?? []).Where(r => r.Offset > 0).ToLookup(r => r.Offset);
        // a row that lost no more than a long value is read, but for that value
        var bad = rows.Where(r => r.Any(x => x.Kind != FindingKind.ToastValueLost)).Select(r => r.Key).ToHashSet();
        var lost = rows.Where(r => !bad.Contains(r.Key)).ToDictionary(r => new Tid(block, r.Key), r => (IReadOnlySet<int>)r.Where(x => x.Attribute is not null).Select(x => x.Attribute!.Value + 1).ToHashSet());
        var advice = SalvageAdvice.Of(table, block, said is not null, hidden, bad, [.. lost.Keys]);
        return plan with
        {
            Relations = [table.Oid],
            Notes = [advice],
            Work = new Saved(incident, table, said is not null, hidden, [.. Enumerable.Range(1, MostItems).Where(o => !bad.Contains(o)).Select(o => new Tid(block, o))], lost) { Plan = advice },
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
        var copies = work.CanBeRead ? await KeepAsync(session, work, log, cancel).ConfigureAwait(false) : new(0, "no row of it can be read");
        return new(RepairOutcome.Escalated, $"{work.Plan} Kept so far: {proof.Statement}; {copies.Said}.", log.Sent) { RowsQuarantined = copies.Rows };
    }

    private async Task<Copies> KeepAsync(RepairSession session, Saved work, StatementLog log, CancellationToken cancel)
    {
        try
        {
            var table = await QuarantineTable.OfAsync(session.Connection, work.Table.Oid, cancel).ConfigureAwait(false);
            var read = await ReadAsync(session, work, table, cancel).ConfigureAwait(false);
            return read.Found.Count == 0 ? new(0, $"no row of it can be read{read.Missing()}") : await CopyAsync(session, work, table, read, log, cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (e is (HealingException or PostgresException) && !cancel.IsCancellationRequested)
        {
            await ReviveAsync(session, cancel).ConfigureAwait(false);
            return new(0, $"no copy of its other rows could be kept ({(e is PostgresException p ? p.MessageText : e.Message)})");
        }
    }

    /// <summary>Before anything is written, since nobody knows beforehand what one of them does to the session that reads it.</summary>
    private static async Task<RowsRead> ReadAsync(RepairSession session, Saved work, QuarantineTable table, CancellationToken cancel)
    {
        await using var reading = new RowReading(session, table, work.Hidden);
        var rows = new ReadableRows(reading.ReadAsync, session.Target.Clock);
        var read = await rows.OfAsync(work.Places, table.Columns, work.Lost, cancel).ConfigureAwait(false);
        return rows.Losses == 0 || await ReviveAsync(session, cancel).ConfigureAwait(false) ? read
            : throw new HealingException("reading its rows ended the server, which did not answer again in time", "Its log says what became of it.");
    }

    private async Task<Copies> CopyAsync(RepairSession session, Saved work, QuarantineTable table, RowsRead read, StatementLog log, CancellationToken cancel)
    {
        var missing = read.Missing();
        await using var transaction = await session.Connection.BeginTransactionAsync(cancel).ConfigureAwait(false);
        await using var batch = await QuarantineBatch.OpenAsync(session, work.Incident, Name, $"readable rows of a damaged block{missing}", log, cancel).ConfigureAwait(false);
        // each by its place, so that the damaged ones beside them are not touched
        await session.Connection.ExecuteAsync(new CommandDefinition("SET LOCAL enable_seqscan = off", cancellationToken: cancel)).ConfigureAwait(false);
        var kept = 0L;
        foreach (var alike in read.Found.GroupBy(r => string.Join(',', r.Lost.Select(c => c.Number)), StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            var whole = table with { Columns = [.. table.Columns.Except(alike.First().Lost)] };
            var places = alike.Select(r => r.Place.ToString()).ToList();
            kept += work.Hidden ? await batch.KeepScannedAsync(whole, places, cancel).ConfigureAwait(false) : await batch.KeepAsync(whole, places, cancel).ConfigureAwait(false);
        }
        await transaction.CommitAsync(cancel).ConfigureAwait(false);
        return new(kept, FormattableString.Invariant($"{kept} readable row(s) of the block are copied to healing_quarantine, batch {batch.Id}{missing}"));
    }

    /// <summary>A row may have ended the server, and with it the session that repairs. False where it is not back after some minutes.</summary>
    private static async Task<bool> ReviveAsync(RepairSession session, CancellationToken cancel)
    {
        var clock = session.Target.Clock;
        for (var began = clock.GetTimestamp(); ; await Task.Delay(Pause, clock, cancel).ConfigureAwait(false))
        {
            try
            {
                if (session.Connection.FullState == System.Data.ConnectionState.Open)
                {
                    await session.Connection.ExecuteAsync(new CommandDefinition("SELECT", cancellationToken: cancel)).ConfigureAwait(false);
                    return true;
                }
                await session.Connection.CloseAsync().ConfigureAwait(false);
                await session.ReopenAsync(cancel).ConfigureAwait(false);
                return true;
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException or HealingException && !cancel.IsCancellationRequested)
            {
                // without its lock it is not the session that it was
                await session.Connection.CloseAsync().ConfigureAwait(false);
                if (clock.GetElapsedTime(began) > Patience)
                {
                    return false;
                }
            }
        }
    }

    private sealed record Copies(long Rows, string Said);

    /// <param name="Lost">Columns of rows that have lost their long values, as far as is known.</param>
    private sealed record Saved(Incident Incident, TableLook Table, bool CanBeRead, bool Hidden, IReadOnlyList<Tid> Places, IReadOnlyDictionary<Tid, IReadOnlySet<int>> Lost)
    {
        public required string Plan { get; init; }
    }
}
