using System.Collections.Concurrent;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Targets;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace HealingWorkers.Jobs.Healing;

/// <summary>protect: read_only. Stops the writes of a target while critical corruption is open, and takes back its own setting and no other.</summary>
public sealed class Protections(HealingOptions options, TargetSet targets, LedgerDb db, string worker, TimeProvider clock, ILogger<Protections> logger)
{
    /// <summary>A fleet of a thousand databases is not asked all at once.</summary>
    private const int AtOnce = 4;
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMinutes(10);
    private readonly ProtectionLedger _ledger = new(db);
    private readonly ConcurrentDictionary<long, long> _failedAt = new();
    private readonly ConcurrentDictionary<string, long> _lookedAt = new(StringComparer.Ordinal);
    private IReadOnlyList<string> _ever = [];
    private long? _everAt;

    /// <summary>How long one target may take: it holds up nobody else, and the next round no longer than that.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(20);

    private string[] Wanted => [.. options.Targets.Where(t => t.Protect == Protection.ReadOnly && (t.Mode ?? options.Mode) == HealingMode.Heal).Select(t => t.Name)];

    /// <summary>Once through all targets: what should be stopped is, what should not is not.</summary>
    public async Task KeepAsync(CancellationToken cancel)
    {
        var names = targets.All.Select(t => t.Name).ToList();
        var due = await _ledger.DueAsync(Wanted, names, null, cancel).ConfigureAwait(false);
        if (_everAt is not { } at || clock.GetElapsedTime(at) >= LookEvery)
        {
            (_ever, _everAt) = (await _ledger.EverAsync(cancel).ConfigureAwait(false), clock.GetTimestamp());
        }
        // only where something of ours was ever set can it come back
        var rest = _ever.Union(Wanted, StringComparer.Ordinal).Intersect(names, StringComparer.Ordinal).Except(due.Select(d => d.Name), StringComparer.Ordinal);
        IEnumerable<Func<CancellationToken, Task>> all =
        [
            .. due.Where(d => !_failedAt.TryGetValue(d.Id, out var failed) || clock.GetElapsedTime(failed) >= Again).Select(d => new Func<CancellationToken, Task>(token => TryAsync(d, token))),
            .. rest.Where(n => !_lookedAt.TryGetValue(n, out var looked) || clock.GetElapsedTime(looked) >= LookEvery).Select(n => new Func<CancellationToken, Task>(token => LeftoverAsync(targets.Named(n), token))),
        ];
        await Parallel.ForEachAsync(all, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancel }, static async (work, token) => await work(token).ConfigureAwait(false)).ConfigureAwait(false);
    }

    private async Task TryAsync(ProtectionDue due, CancellationToken cancel)
    {
        if (due.Stale)
        {
            await _ledger.StandsAsync(due, "left", due.Token ?? "", due.Marked, new("protect.left", "info", $"another database is called {due.Name} now: what was set in the one before is left to whoever keeps it", worker), cancel).ConfigureAwait(false);
            return;
        }
        try
        {
            await BoundedAsync(limit => DoAsync(targets.Named(due.Name), due.Id, limit), cancel).ConfigureAwait(false);
            _failedAt.TryRemove(due.Id, out _);
        }
        catch (PostgresException e) when (e.SqlState is SqlState.LockNotAvailable or SqlState.UndefinedTable)
        {
            // another worker is at it, or the ledger was taken back meanwhile
            _failedAt[due.Id] = clock.GetTimestamp();
        }
        catch (Exception e) when (e is HealingException or NpgsqlException or TimeoutException)
        {
            _failedAt[due.Id] = clock.GetTimestamp();
            var why = Redactor.Text(e is PostgresException p ? p.MessageText : e.Message);
            var problem = due.Incident is null ? $"the writes of {due.Name} could not be allowed again: {why}" : $"the writes of {due.Name} could not be stopped: {why}";
            if (await _ledger.ProblemAsync(due, problem, worker, cancel).ConfigureAwait(false))
                logger.LogError("{Problem}. The repairing role must own the database", problem);
        }
    }

    /// <summary>A backup that was taken meanwhile brings our setting back after it was taken back; its token says that it is ours.</summary>
    private async Task LeftoverAsync(Target target, CancellationToken cancel)
    {
        _lookedAt[target.Name] = clock.GetTimestamp();
        try
        {
            await BoundedAsync(limit => TakeLeftoverAsync(target, limit), cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HealingException or NpgsqlException or TimeoutException)
        {
            // one that is away has an incident of its own
            logger.LogDebug("{Target}: whether a setting of ours was left there could not be looked at: {Error}", target.Name, Redactor.Text(e.Message));
        }
    }

    private async Task TakeLeftoverAsync(Target target, CancellationToken cancel)
    {
        var facts = await target.FactsAsync(cancel).ConfigureAwait(false);
        if (facts.IsStandby)
            return;
        var us = await new Incidents.IncidentLedger(db).LedgerIdAsync(cancel).ConfigureAwait(false);
        await using (var check = await target.OpenCheckAsync(cancel).ConfigureAwait(false))
        {
            if (!(await WriteStop.SeeAsync(check, cancel).ConfigureAwait(false)).IsOf(us))
                return;
        }
        await using var session = await target.OpenRepairAsync(cancel).ConfigureAwait(false);
        await using var transaction = await session.BeginTransactionAsync(cancel).ConfigureAwait(false);
        var stop = new WriteStop(session);
        var look = await stop.LookAsync(cancel).ConfigureAwait(false);
        if (!look.IsOf(us) || look.Mark == await _ledger.TokenAsync(facts.Id, cancel).ConfigureAwait(false))
            return;
        var was = look.Mark!.Split('/')[2];
        await (look.Stopped ? stop.LiftAsync(look, was.Length == 0 ? null : was, cancel) : stop.ForgetAsync(look, cancel)).ConfigureAwait(false);
        await transaction.CommitAsync(cancel).ConfigureAwait(false);
        var entry = new AuditEntry("protect.lifted", "warning", $"new sessions of {target.Name} may write again: a setting of ours that was taken back before had come again, as from a backup that was taken while it stood", worker);
        await _ledger.LeftoverAsync(facts.Id, entry, cancel).ConfigureAwait(false);
        logger.LogWarning("{What}", entry.Message);
    }

    private async Task BoundedAsync(Func<CancellationToken, Task> work, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Patience);
        try
        {
            await work(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            throw new TimeoutException($"it did not answer within {Patience.TotalSeconds:0} s", e);
        }
    }

    private async Task DoAsync(Target target, long id, CancellationToken cancel)
    {
        var facts = await target.FactsAsync(cancel).ConfigureAwait(false);
        await using var session = await target.OpenRepairAsync(cancel).ConfigureAwait(false);
        await using var transaction = await session.BeginTransactionAsync(cancel).ConfigureAwait(false);
        var stop = new WriteStop(session);
        var look = await stop.LookAsync(cancel).ConfigureAwait(false);
        // Asked again under the lock: another worker may have done it meanwhile.
        if (await _ledger.DueAsync(Wanted, [target.Name], id, cancel).ConfigureAwait(false) is not [var due, ..])
            return;
        if (facts.Id != new TargetId(due.SystemIdentifier, due.DatabaseOid))
            throw new HealingException($"another database answers at {target.Name}", "the next health check makes it known");
        await (due.Incident is null ? LiftAsync(stop, look, transaction, due, cancel) : StopAsync(stop, look, transaction, due, cancel)).ConfigureAwait(false);
    }

    private async Task StopAsync(WriteStop stop, WriteStopLook look, NpgsqlTransaction transaction, ProtectionDue due, CancellationToken cancel)
    {
        var us = await new Incidents.IncidentLedger(db).LedgerIdAsync(cancel).ConfigureAwait(false);
        if (look.Stopped && !look.IsOurs(due) && look.Mark?.Split('/') is [var by, _, var was] && by == us)
        {
            // The ledger was taken back and has forgotten; the token has not.
            await _ledger.BeginAsync(due, look.Mark, was.Length == 0 ? null : was, cancel).ConfigureAwait(false);
            await _ledger.StandsAsync(due, "set", look.Mark, true, Stopped(due), cancel).ConfigureAwait(false);
            return;
        }
        if (look.Stopped)
        {
            var ours = look.IsOurs(due);
            await _ledger.StandsAsync(due, ours ? "set" : "found", due.Token ?? "", ours ? look.Mark is not null : null, ours ? Stopped(due) : new AuditEntry("protect.found", "warning",
                $"{due.Name} is read-only already, by somebody else: nothing is set, and nothing will be taken back", worker), cancel).ConfigureAwait(false);
            return;
        }
        var token = $"{us}/{Guid.NewGuid():N}/{(look.Value is { } said && said.All(char.IsAsciiLetterOrDigit) ? said : "")}";
        await _ledger.BeginAsync(due, token, look.Value, cancel).ConfigureAwait(false);
        var marked = await stop.SetAsync(look, transaction, token, cancel).ConfigureAwait(false);
        await transaction.CommitAsync(cancel).ConfigureAwait(false);
        await _ledger.StandsAsync(due, "set", token, marked, Stopped(due), cancel).ConfigureAwait(false);
        logger.LogWarning("{Target}: new sessions are read-only until incident {Incident} and whatever else is critical is healed", due.Name, due.Incident);
    }

    private async Task LiftAsync(WriteStop stop, WriteStopLook look, NpgsqlTransaction transaction, ProtectionDue due, CancellationToken cancel)
    {
        var ours = look.IsOurs(due);
        if (ours)
            await stop.LiftAsync(look, due.Before, cancel).ConfigureAwait(false);
        else if (look.Mark == due.Token)
            await stop.ForgetAsync(look, cancel).ConfigureAwait(false);
        await transaction.CommitAsync(cancel).ConfigureAwait(false);
        var entry = ours
            ? new AuditEntry("protect.lifted", "info", $"new sessions of {due.Name} may write again: what we had set was taken back", worker)
            : new AuditEntry("protect.left", "info", $"what {due.Name} says about writes is not our setting (any more): it was left as it is", worker);
        await _ledger.StandsAsync(due, ours ? "lifted" : "left", due.Token ?? "", due.Marked, entry, cancel).ConfigureAwait(false);
        logger.LogWarning("{What}", entry.Message);
    }

    private AuditEntry Stopped(ProtectionDue due) =>
        new("protect.set", "critical", $"new sessions of {due.Name} are read-only while critical corruption is open (incident {due.Incident})", worker);
}
