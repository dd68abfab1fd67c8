using HealingWorkers.Jobs.Errors;
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
    /// <param name="dryRun">Everything is done and rolled back, and the ledger is not told.</param>
    public async Task<UndoOutcome> RunAsync(long id, string worker, string actor, string why, bool dryRun, CancellationToken cancel)
    {
        var incident = await FindAsync(id, cancel).ConfigureAwait(false);
        if (await ledgers.Pauses.IsPausedAsync(incident.TargetId, cancel).ConfigureAwait(false))
        {
            throw new HealingException($"repairs of {incident.TargetName} are paused, and an undo writes there as well", "`healing resume` first.");
        }
        var lease = await ledgers.Leases.TakeAsync(Lease.OfTarget(incident.TargetId), worker, id, settings.Lease, cancel).ConfigureAwait(false)
            ?? throw new TargetBusyException($"a worker repairs {incident.TargetName} right now");
        await using var keeper = new LeaseKeeper(ledgers.Leases, lease, settings.Lease, tools.Clock, cancel);
        try
        {
            return await UnderLeaseAsync(id, lease, worker, actor, why, dryRun, keeper.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (keeper.Lost)
        {
            throw new FencedException(lease.Resource, lease.Token);
        }
        finally
        {
            if (!keeper.Lost)
            {
                await ledgers.Leases.ReleaseAsync(lease, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    private async Task<UndoOutcome> UnderLeaseAsync(long id, Lease lease, string worker, string actor, string why, bool dryRun, CancellationToken cancel)
    {
        var incident = await FindAsync(id, cancel).ConfigureAwait(false);
        var target = tools.Targets.Named(incident.TargetName);
        await using var session = await FencedSession.OpenAsync(target, lease, ledgers, tools, settings, tools.RepairNamed(incident.Repair) is ISurgery, cancel).ConfigureAwait(false)
            ?? throw new TargetBusyException($"another session holds the lock for repairs of {target.Name}");
        if (await ledgers.Incidents.RegisterTargetAsync(target.Name, session.Facts, cancel).ConfigureAwait(false) != incident.TargetId)
        {
            throw new HealingException($"{target.Name} is another database than the one that incident {id} was found in", "See where its connection leads by now.");
        }
        var bench = new RepairSession(target, session.Facts, session.Connection, lease.Token) { Ledger = await ledgers.Quarantines.IdAsync(cancel).ConfigureAwait(false), Attempt = incident.Attempts + 1 };
        var batches = await QuarantineStore.BatchesAsync(session.Connection, bench.Ledger, id, cancel).ConfigureAwait(false);
        var log = new StatementLog();
        await using var transaction = await session.Connection.BeginTransactionAsync(cancel).ConfigureAwait(false);
        var work = incident.State == IncidentState.Resolved
            ? await BackAsync(bench, incident, batches, actor, why, log, cancel).ConfigureAwait(false)
            : await AgainAsync(bench, incident, batches, why, log, cancel).ConfigureAwait(false);
        if (dryRun)
        {
            await transaction.RollbackAsync(cancel).ConfigureAwait(false);
            return new(incident, work);
        }
        await transaction.CommitAsync(cancel).ConfigureAwait(false);
        var to = incident.State == IncidentState.Resolved ? IncidentState.Undone : IncidentState.Resolved;
        var moved = await undone.RecordAsync(incident, to, lease.Fence, worker, actor, work, cancel).ConfigureAwait(false);
        await ledgers.Quarantines.SeenAsync(incident.TargetId, await QuarantineSweep.CountAsync(session.Connection, cancel).ConfigureAwait(false), cancel).ConfigureAwait(false);
        return new(moved, work);
    }

    private static async Task<UndoneWork> BackAsync(RepairSession bench, Incident incident, IReadOnlyList<KeptBatch> batches, string actor, string why, StatementLog log, CancellationToken cancel)
    {
        var inForce = batches.Where(b => b.InForce).ToList();
        var last = batches.Where(b => b.Undone).ToList();
        if (inForce.Count == 0 && last.Count == 0)
        {
            throw new HealingException($"there is nothing to bring back: {incident.Repair ?? "no repair"} removed and changed no row of incident {incident.Id}", "A lossless rebuild needs no undo; what it rebuilt holds the same as before.");
        }
        if (inForce.Count == 0)
        {
            return new(last.Sum(b => b.Rows), $"{last.Sum(b => b.Rows)} rows had come back already, by {last[^1].UndoneBy}, and the ledger had not been told", why, [], Of(last));
        }
        var back = await new RowRestoration(bench.Connection, log).RunAsync(inForce, actor, cancel).ConfigureAwait(false);
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
        return incident.State is IncidentState.Resolved or IncidentState.Undone ? incident
            : throw new HealingException($"incident {id} is {incident.State}: only what is Resolved can be undone, and what is Undone done again", "`healing incidents show` tells what can be decided about it.");
    }

    private static IReadOnlyList<ReceiptQuarantine> Of(IEnumerable<KeptBatch> batches) => [.. batches.Select(b => new ReceiptQuarantine(b.Id, b.Rows, b.Sha256))];
}

/// <param name="Incident">As it is now; with a dry run as it was.</param>
public sealed record UndoOutcome(Incident Incident, UndoneWork Work);
