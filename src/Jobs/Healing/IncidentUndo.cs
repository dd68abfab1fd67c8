using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Repairs;
using HealingWorkers.Jobs.Verification;
using Npgsql;

namespace HealingWorkers.Jobs.Healing;

/// <summary>
/// Brings back what the repairs of an incident took, or takes it again: under the lease and in the fenced session of a repair, in one
/// transaction of the target. The ledger is told after it is committed; one that died in between is found by the quarantine's own marks.
/// </summary>
public sealed class IncidentUndo(HealerLedgers ledgers, UndoLedger undone, HealerTools tools, HealerSettings settings)
{
    private const int MostKeys = 10_000;

    /// <param name="dryRun">Everything is done and rolled back, and the ledger is not told.</param>
    /// <param name="rows">Only these rows come back, or go again; null for all that the incident took.</param>
    public async Task<UndoOutcome> RunAsync(long id, string worker, string actor, string why, bool dryRun, CancellationToken cancel, RowChoice? rows = null)
    {
        var incident = await FindAsync(id, cancel).ConfigureAwait(false);
        try
        {
            return await UnpausedAsync(incident, rows, worker, actor, why, dryRun, cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (!dryRun && IsRefusal(e))
        {
            // whoever asked looks at the incident, and not at the run
            await undone.RefusedAsync(incident, actor, Options.Redactor.Text(e is HealingException h ? $"{h.Message} ({h.Hint})" : e.Message), cancel).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>What passes by itself is tried again by the run, and refuses nothing.</summary>
    private static bool IsRefusal(Exception e) => e is (HealingException and not TargetBusyException) or PostgresException && !Passing.Is(e);

    private async Task<UndoOutcome> UnpausedAsync(Incident incident, RowChoice? rows, string worker, string actor, string why, bool dryRun, CancellationToken cancel)
    {
        if (await ledgers.Pauses.IsPausedAsync(incident.TargetId, cancel).ConfigureAwait(false))
        {
            throw new HealingException($"repairs of {incident.TargetName} are paused, and an undo writes there as well", "`healing resume` first.");
        }
        var lease = await ledgers.Leases.TakeAsync(Lease.OfTarget(incident.TargetId), worker, incident.Id, settings.Lease, cancel).ConfigureAwait(false)
            ?? throw new TargetBusyException($"a worker repairs {incident.TargetName} right now");
        return await LeaseKeeper.HoldAsync(ledgers.Leases, lease, settings.Lease, tools.Clock,
            held => UnderLeaseAsync(incident.Id, rows, lease, worker, actor, why, dryRun, held), _ => new FencedException(lease.Resource, lease.Token), cancel).ConfigureAwait(false);
    }

    private async Task<UndoOutcome> UnderLeaseAsync(long id, RowChoice? rows, Lease lease, string worker, string actor, string why, bool dryRun, CancellationToken cancel)
    {
        var incident = await FindAsync(id, cancel).ConfigureAwait(false);
        var target = tools.Targets.Named(incident.TargetName);
        await using var session = await FencedSession.OpenAsync(target, lease, ledgers, tools, settings, tools.RepairNamed(incident.Repair).WayOf(), cancel).ConfigureAwait(false)
            ?? throw new TargetBusyException($"another session holds the lock for repairs of {target.Name}");
        if (await ledgers.Incidents.RegisterTargetAsync(target.Name, session.Facts, cancel).ConfigureAwait(false) != incident.TargetId)
        {
            throw new HealingException($"{target.Name} is another database than the one that incident {id} was found in", "See where its connection leads by now.");
        }
        var attempts = await ledgers.Incidents.AttemptsAsync(id, cancel).ConfigureAwait(false);
        var bench = new RepairSession(target, session.Facts, session.Connection, lease.Token)
        {
            Ledger = await ledgers.Quarantines.IdAsync(cancel).ConfigureAwait(false),
            // one that was put off has kept its number and did not count
            Attempt = attempts.Select(a => a.Number).Append(incident.Attempts).Max() + 1,
        };
        var over = attempts.BackBeforeReopened();
        var batches = (await QuarantineStore.BatchesAsync(session.Connection, bench.Ledger, id, cancel, incident.OpenedAt).ConfigureAwait(false)).Where(b => !over.Contains(b.Id)).ToList();
        if (incident.State is IncidentState.Escalated or IncidentState.Closed && batches.Where(b => b.InForce && b.CopiedFirst).ToList() is { Count: > 0 } copies)
        {
            throw KeptBatch.Uncertain(copies);
        }
        var (log, broken) = (new StatementLog(), await BrokenAsync(incident.TargetId, cancel).ConfigureAwait(false));
        await using var transaction = await session.Connection.BeginTransactionAsync(cancel).ConfigureAwait(false);
        var work = rows is not null ? await SomeAsync(bench, incident, rows, broken, actor, why, log, cancel).ConfigureAwait(false)
            : incident.State == IncidentState.Undone ? await AgainAsync(bench, incident, batches, why, log, cancel).ConfigureAwait(false)
            : Stays(incident, await BackAsync(bench, incident, batches, broken, actor, why, log, cancel).ConfigureAwait(false), attempts);
        if (dryRun)
        {
            await transaction.RollbackAsync(cancel).ConfigureAwait(false);
            return new(incident, work);
        }
        await transaction.CommitAsync(cancel).ConfigureAwait(false);
        var moved = !work.IsNews ? incident
            : await undone.RecordAsync(incident, Towards(incident, rows, work), bench.Attempt, lease.Fence, worker, actor, work, cancel).ConfigureAwait(false);
        await ledgers.Quarantines.SeenAsync(incident.TargetId, await QuarantineSweep.CountAsync(session.Connection, cancel).ConfigureAwait(false), cancel).ConfigureAwait(false);
        return new(moved, work);
    }

    /// <summary>Foreign keys by which rows of this database were found to refer to nothing, by oid.</summary>
    private async Task<IReadOnlySet<long>> BrokenAsync(long target, CancellationToken cancel) =>
        (await ledgers.Incidents.ListAsync(new() { TargetId = target, Kind = FindingKind.OrphanRows.Name, Limit = MostKeys }, cancel).ConfigureAwait(false))
            .Select(i => (long?)JsonNode.Parse(i.Evidence)?["constraint_oid"]).OfType<long>().ToHashSet();

    /// <summary>While rows of it are in the quarantine still, an incident is what it was; one that no repair resolved always is.</summary>
    private static IncidentState Towards(Incident incident, RowChoice? rows, UndoneWork work) =>
        incident.State is IncidentState.Escalated or IncidentState.Closed || (rows is not null && work.Left > 0) ? incident.State
        : incident.State == IncidentState.Resolved ? IncidentState.Undone : IncidentState.Resolved;

    /// <summary>What attempts took that resolved nothing: the ledger is told of it as of chosen rows.</summary>
    private static UndoneWork Stays(Incident incident, UndoneWork work, IReadOnlyList<AttemptRow> attempts)
    {
        if (incident.State == IncidentState.Resolved)
        {
            return work;
        }
        var told = attempts.Where(a => a.Repair == AttemptRows.BroughtBack).SelectMany(a => a.Batches()).Select(b => b.Batch).ToHashSet();
        var news = work.Quarantine.Where(q => !told.Contains(q.Batch)).ToList();
        return work with { Some = UndoneWork.SomeBack, IsNews = news.Count > 0, Quarantine = news };
    }

    private static async Task<UndoneWork> SomeAsync(RepairSession bench, Incident incident, RowChoice rows, IReadOnlySet<long> broken, string actor, string why, StatementLog log, CancellationToken cancel)
    {
        if (incident.State is IncidentState.Escalated or IncidentState.Closed && rows.Again)
        {
            throw new HealingException($"incident {incident.Id} is {incident.State}: rows of it can come back, and are not taken again by themselves", "`healing incidents reopen` of what is escalated has it repaired anew.");
        }
        if (incident.State != IncidentState.Resolved && rows.Again)
        {
            throw new HealingException($"incident {incident.Id} is {incident.State}: all of its rows came back", $"`healing undo {incident.Id}` does its repair again, to all of them.");
        }
        var single = new SingleRows(bench, incident, log, broken);
        var moved = rows.Again ? await single.AgainAsync(rows.Places, why, cancel).ConfigureAwait(false) : await single.BackAsync(rows.Places, actor, cancel).ConfigureAwait(false);
        var count = moved.Rows > 0 ? moved.Rows : moved.Batches.Sum(b => b.Rows);
        var said = (rows.Again, moved.Rows) switch
        {
            (false, > 0) => $"{count} chosen rows are back as they were, every value read back and compared",
            (false, _) => $"the {rows.Places.Count} chosen rows had come back already",
            (true, > 0) => $"what {incident.Repair} did to {count} chosen rows is done again",
            (true, _) => $"the {rows.Places.Count} chosen rows had been taken again already",
        };
        return new(count, $"{said}; {moved.Left} are in the quarantine" + (moved.Without is null ? "" : $"; triggers and keys were at rest for it, since {moved.Without}"), why, log.Sent, Of(moved.Batches))
        {
            Some = rows.Again ? UndoneWork.SomeAgain : UndoneWork.SomeBack, Left = moved.Left, IsNews = incident.State != IncidentState.Undone && (moved.IsNews || (moved.Left == 0 && incident.State == IncidentState.Resolved)),
        };
    }

    private static async Task<UndoneWork> BackAsync(RepairSession bench, Incident incident, IReadOnlyList<KeptBatch> batches, IReadOnlySet<long> broken, string actor, string why, StatementLog log, CancellationToken cancel)
    {
        var inForce = batches.Where(b => b.InForce && !b.OnlyCopied).ToList();
        var last = batches.Where(b => b.Undone).ToList();
        if (inForce.Count == 0 && last.Count == 0 && batches.Where(b => b.OnlyCopied).ToList() is { Count: > 0 } copies)
        {
            throw KeptBatch.Refusal(copies);
        }
        if (inForce.Count == 0 && last.Count == 0)
        {
            throw new HealingException($"there is nothing to bring back: {incident.Repair ?? "no repair"} removed and changed no row of incident {incident.Id}", "A lossless rebuild needs no undo; what it rebuilt holds the same as before.");
        }
        if (inForce.Count == 0)
        {
            var told = incident.State == IncidentState.Resolved ? ", and the ledger had not been told" : "";
            return new(last.Sum(b => b.Rows), $"{last.Sum(b => b.Rows)} rows had come back already, by {last[^1].UndoneBy}{told}", why, [], Of(last));
        }
        var back = await new RowRestoration(bench.Connection, log, broken).RunAsync(inForce, actor, cancel).ConfigureAwait(false);
        return new(back.Rows, $"{back.Rows} rows are back as they were, every value read back and compared"
            + (back.Without is null ? "" : $"; triggers and keys were at rest for it, since {back.Without}"), why, log.Sent, Of(inForce));
    }

    private static async Task<UndoneWork> AgainAsync(RepairSession bench, Incident incident, IReadOnlyList<KeptBatch> batches, string why, StatementLog log, CancellationToken cancel)
    {
        var back = batches.Where(b => b.Undone).ToList();
        if (back.Count == 0)
        {
            var inForce = batches.Where(b => b.InForce).ToList();
            return new(inForce.Sum(b => b.Rows), $"{inForce.Sum(b => b.Rows)} rows had gone again already, and the ledger had not been told", why, [], Of(inForce));
        }
        var again = await new RowReapplication(bench, log).RunAsync(incident, back, $"the undo was undone: {why}", cancel).ConfigureAwait(false);
        return new(again.Rows, $"what {incident.Repair} did to {again.Rows} rows is done again", why, log.Sent, [new(again.Id, again.Rows, again.Sha256)]);
    }

    private async Task<Incident> FindAsync(long id, CancellationToken cancel)
    {
        var incident = await ledgers.Incidents.FindAsync(id, cancel).ConfigureAwait(false) ?? throw new HealingException($"there is no incident {id}", "`healing incidents --all` lists them.");
        return incident.State == IncidentState.Undone || incident.State.GivesBack() ? incident
            : throw new HealingException($"incident {id} is {incident.State}: only what is Resolved, Escalated or Closed can be undone, and what is Undone done again", "`healing incidents show` tells what can be decided about it.");
    }

    private static IReadOnlyList<ReceiptQuarantine> Of(IEnumerable<KeptBatch> batches) => [.. batches.Select(b => new ReceiptQuarantine(b.Id, b.Rows, b.Sha256))];
}

/// <summary>Single rows that the repairs of an incident took.</summary>
/// <param name="Again">They came back and are taken again.</param>
public sealed record RowChoice(IReadOnlyList<KeptPlace> Places, bool Again);

/// <param name="Incident">As it is now; with a dry run as it was.</param>
public sealed record UndoOutcome(Incident Incident, UndoneWork Work);
