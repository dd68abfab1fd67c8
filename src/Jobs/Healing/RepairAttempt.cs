using System.Text.Json;
using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Repairs;
using HealingWorkers.Jobs.Snapshots;
using HealingWorkers.Jobs.Verification;
using Npgsql;
using static HealingWorkers.Jobs.Healing.FaultPoint;

namespace HealingWorkers.Jobs.Healing;

/// <summary>One attempt in a fenced session: plan, keep the evidence, apply, verify, tell.</summary>
public sealed class RepairAttempt(
    HealerLedgers ledgers, HealerTools tools, HealerSettings settings, Deferral deferral, FencedSession session, Lease lease, string worker)
{
    private const string Stopped = "its worker was told to stop";
    private const int MostCopies = 3;
    private readonly Fence _fence = lease.Fence;

    public async Task<HealOutcome> RunAsync(Incident found, CancellationToken cancel)
    {
        if (tools.RepairNamed(found.Repair) is not { } repair)
        {
            return await EscalateAsync(found, $"this program has no repair called {found.Repair}", null, cancel).ConfigureAwait(false);
        }
        if (found.Attempts >= found.AttemptsAllowed)
        {
            return await EscalateAsync(found, $"all {found.AttemptsAllowed} attempts are used", null, cancel).ConfigureAwait(false);
        }
        var bench = await BenchAsync(found, cancel).ConfigureAwait(false);
        RepairPlan plan;
        try
        {
            plan = await repair.PlanAsync(bench, found, cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            return await deferral.PutOffAsync(found, _fence, worker, $"the target cannot be looked at: {e.Message}", cancel).ConfigureAwait(false);
        }
        if (plan.Refuse is { } no)
        {
            return await EscalateAsync(found, no, null, cancel).ConfigureAwait(false);
        }
        if (plan.Defer is { } wait)
        {
            return await deferral.PutOffAsync(found, _fence, worker, wait, cancel).ConfigureAwait(false);
        }
        var gate = PolicyGate.Decide(found, plan, settings, session.Target.Options, tools.Clock.GetUtcNow(), repair is ILocking);
        if (plan.Steps.Count == 0 && !(plan.Work is TwinConstraint && gate.Decision is GateDecision.Go or GateDecision.Window))
        {
            // where nothing is to be done but to look, nobody's leave is waited for
            gate = Gate.Open;
        }
        if (gate.Decision != GateDecision.Go)
        {
            return await deferral.StopAsync(found, gate, _fence, worker, cancel).ConfigureAwait(false);
        }
        tools.Faults.Hit(BeforeAttempt);
        await ledgers.Incidents.BeginAttemptAsync(found, _fence, worker, cancel).ConfigureAwait(false);
        tools.Faults.Hit(AfterAttempt);
        var work = new WorkInHand((await ledgers.Incidents.FindAsync(found.Id, cancel).ConfigureAwait(false))!, plan);
        await using var watch = new RepairWatch(ledgers.Pauses, found.TargetId, gate.Until, tools.Clock, cancel);
        try
        {
            return await WorkAsync(repair, bench, work, watch, cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not FencedException && work.Stopped is not null && !cancel.IsCancellationRequested)
        {
            await session.EndAsync(e).ConfigureAwait(false);
            // it may be long until the next window
            var left = e.InnerException is TwinLeftException twin ? $"; {twin.Told}"
                : work.Stopped == RepairWatch.WindowEnded ? await SweepAsync(work, once: true, cancel).ConfigureAwait(false) : "";
            // what was applied is found done by the next attempt, which has only its proof to make
            return await deferral.PutOffAsync(work.Incident, _fence, worker, work.Stopped + left, cancel).ConfigureAwait(false);
        }
        catch (TwinLeftException e) when (!cancel.IsCancellationRequested)
        {
            // its rows are done; the next attempt finds none, drops it, and is over
            return await deferral.PutOffAsync(work.Incident, _fence, worker, e.Told, cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not FencedException && !cancel.IsCancellationRequested)
        {
            return await BrokenOffAsync(work, e, cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not FencedException)
        {
            await StoppedAsync(work, e).ConfigureAwait(false);
            throw;
        }
    }

    /// <param name="watch">What it stops is the work; what the ledger is told is always told.</param>
    private async Task<HealOutcome> WorkAsync(IRepair repair, RepairSession bench, WorkInHand work, RepairWatch watch, CancellationToken cancel)
    {
        var rehearsal = new Rehearsal(ledgers, tools, settings, bench) is { } wanted && wanted.IsWanted(repair, work.Plan) ? wanted : null;
        var keeper = new EvidenceKeeper(ledgers, tools, settings, session, _fence, worker);
        var kept = await BeforeAsync(watch, work, token => keeper.KeepAsync(work.Incident, work.Plan, rehearsal?.Copy, token)).ConfigureAwait(false);
        work.Snapshot = kept.Snapshot;
        if (kept.Anew is { } anew)
        {
            var again = await ledgers.Incidents.MoveAsync(work.Incident.Id, work.Incident.State, IncidentState.Detected,
                new Move(worker, $"put off: {anew}") { Fence = _fence, Reason = anew, CountDeferral = true }, cancel).ConfigureAwait(false);
            return new(again.State, anew, settings.FirstPause, Deferred: true);
        }
        if (kept.Proof is not { } proof)
        {
            return await EscalateAsync(work.Incident, kept.Trouble!, work, cancel).ConfigureAwait(false);
        }
        if (rehearsal is not null && await RehearseAsync(rehearsal, keeper, kept, repair, bench, work, watch, cancel).ConfigureAwait(false) is { } stopped)
        {
            return stopped;
        }
        tools.Faults.Hit(BeforePlanRecorded);
        await ledgers.Incidents.RecordWorkAsync(work.Incident.Id, work.Incident.Attempts, _fence, JsonSerializer.Serialize(work.Plan, LedgerJson.Options), null, cancel).ConfigureAwait(false);
        tools.Faults.Hit(AfterPlanRecorded);
        tools.Faults.Hit(BeforeRepairing);
        work.Incident = await ledgers.Incidents.MoveAsync(work.Incident.Id, work.Incident.State, IncidentState.Repairing,
            new Move(worker, work.Plan.Nothing ?? $"{repair.Name}: {work.Plan.Steps.Count} step(s){(work.Rehearsal is null ? "" : $"; {work.Rehearsal}")}") { Fence = _fence }, cancel).ConfigureAwait(false);
        tools.Faults.Hit(AfterRepairing);
        bench.KeepStoppedAsync = kept.Copy?.WhileStopped is { } keep ? token => KeepStoppedAsync(keep, work, token) : null;
        work.Result = await WatchedAsync(watch, work, token => repair.ApplyAsync(bench, work.Plan, proof, token)).ConfigureAwait(false);
        tools.Faults.Hit(RepairApplied);
        await ledgers.Incidents.RecordWorkAsync(work.Incident.Id, work.Incident.Attempts, _fence, null, JsonSerializer.Serialize(work.Result.Statements, LedgerJson.Options), cancel).ConfigureAwait(false);
        tools.Faults.Hit(StatementsRecorded);
        if (await IsBackAsync(work.Result, cancel).ConfigureAwait(false))
        {
            work.Quarantine = await new QuarantineRecord(ledgers).TakeAsync(session.Connection, work.Incident, _fence, cancel).ConfigureAwait(false);
            work.Result = work.Result with { RowsQuarantined = work.Quarantine.Sum(q => q.Rows) };
        }
        switch (work.Result.Outcome)
        {
            case RepairOutcome.Deferred:
                return await deferral.PutOffAsync(work.Incident, _fence, worker, work.Result.Reason!, cancel).ConfigureAwait(false);
            case RepairOutcome.Escalated:
                return await EscalateAsync(work.Incident, work.Result.Reason!, work, cancel).ConfigureAwait(false);
            case RepairOutcome.Failed:
                return await FailAsync(work, work.Result.Reason!, cancel).ConfigureAwait(false);
        }
        tools.Faults.Hit(BeforeVerifying);
        work.Incident = await ledgers.Incidents.MoveAsync(work.Incident.Id, work.Incident.State, IncidentState.Verifying,
            new Move(worker, work.Plan.Nothing ?? work.Result.Reason ?? "applied") { Fence = _fence }, cancel).ConfigureAwait(false);
        tools.Faults.Hit(AfterVerifying);
        work.Verification = await WatchedAsync(watch, work, async token =>
        {
            var verified = await new Proving(tools, settings).VerifyAsync(bench, work.Incident, work.Plan, work.Result, token).ConfigureAwait(false);
            if (verified.Proof != Proof.Proven)
            {
                // what was called back in its middle may look like a failure
                token.ThrowIfCancellationRequested();
            }
            return verified;
        }).ConfigureAwait(false);
        tools.Faults.Hit(Verified);
        return work.Verification.Proof switch
        {
            Proof.Proven => await ResolveAsync(work, cancel).ConfigureAwait(false),
            Proof.Wrong => await FailAsync(work, $"verification: {work.Verification.Statement}", cancel).ConfigureAwait(false),
            _ => await EscalateAsync(work.Incident, $"the repair cannot be verified: {work.Verification.Statement}", work, cancel).ConfigureAwait(false),
        };
    }

    /// <summary>False where the server does not answer any more: what the repair says of that must reach somebody all the same.</summary>
    private async Task<bool> IsBackAsync(RepairResult result, CancellationToken cancel)
    {
        var open = session.Connection.FullState == System.Data.ConnectionState.Open;
        if (open && !result.Restarted)
        {
            return true;
        }
        try
        {
            if (!open)
            {
                await session.Connection.CloseAsync().ConfigureAwait(false);
            }
            await session.ReopenAsync(lease, ledgers, settings, cancel).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (e is NpgsqlException or HealingException or TimeoutException && result.Outcome == RepairOutcome.Escalated && !cancel.IsCancellationRequested)
        {
            await session.Connection.CloseAsync().ConfigureAwait(false);
            return false;
        }
    }

    /// <summary>Null when the live database follows.</summary>
    private async Task<HealOutcome?> RehearseAsync(Rehearsal rehearsal, EvidenceKeeper keeper, KeptEvidence kept, IRepair repair, RepairSession bench, WorkInHand work, RepairWatch watch, CancellationToken cancel)
    {
        var went = await BeforeAsync(watch, work, token => rehearsal.RunAsync(repair, work.Incident, work.Plan, kept.Proof!, kept.Copy, token)).ConfigureAwait(false);
        if (went.IsNoYes && kept.Copy is { IsFresh: false }
            && await BeforeAsync(watch, work, token => keeper.KeepAsync(work.Incident, work.Plan, rehearsal.Copy! with { Anew = true }, token)).ConfigureAwait(false) is { Proof: { } proof, Copy.Snapshot: not null } anew)
        {
            // the first was older than this attempt: the damage came later, or what stood in the way has been put right
            work.Snapshot = anew.Snapshot;
            went = await BeforeAsync(watch, work, token => rehearsal.RunAsync(repair, work.Incident, work.Plan, proof, anew.Copy, token)).ConfigureAwait(false);
        }
        work.Rehearsal = went.Said;
        if (went.Failed is { } failed)
        {
            return await EscalateAsync(work.Incident, $"it failed on a copy of the server, and the live one was left alone: {failed}", work, cancel).ConfigureAwait(false);
        }
        if (went.Later is { } later)
        {
            return await NotYetAsync(work, later, cancel).ConfigureAwait(false);
        }
        if (went.Missing is { } missing)
        {
            return rehearsal.IsStrict ? await EscalateAsync(work.Incident, $"without a rehearsal there is no such repair here (rehearsal.rule is always): {missing}", work, cancel).ConfigureAwait(false) : null;
        }
        var now = await BeforeAsync(watch, work, token => repair.PlanAsync(bench, work.Incident, token)).ConfigureAwait(false);
        const string changed = "the live database changed while the repair was rehearsed, and calls for another plan now";
        return PlanHash.OfWork(now) == PlanHash.OfWork(work.Plan) && PlanQuestions.NewTo(PlanQuestions.BindingOf(work.Plan.Asks), now.Asks) is null ? null
            : now.Steps.Count == 0 ? await deferral.PutOffAsync(work.Incident, _fence, worker, now.Defer ?? changed, cancel).ConfigureAwait(false)
            : await NotYetAsync(work, changed, cancel).ConfigureAwait(false);
    }

    /// <summary>Put off like all else, but on no more than so many copies: each of them is a whole server.</summary>
    private async Task<HealOutcome> NotYetAsync(WorkInHand work, string why, CancellationToken cancel)
    {
        var copies = (await ledgers.Snapshots.OfIncidentAsync(work.Incident.Id, cancel).ConfigureAwait(false))
            .Count(s => s.Attempt == work.Incident.Attempts && s.Kind == BaseSnapshot.BaseBackup.Name());
        return copies < MostCopies ? await deferral.PutOffAsync(work.Incident, _fence, worker, why, cancel).ConfigureAwait(false)
            : await EscalateAsync(work.Incident, $"it was tried on {copies} copies of the server without a clear yes, and the live one was left alone: {why}", work, cancel).ConfigureAwait(false);
    }

    /// <summary>Why the repair must not go on; null when it may.</summary>
    private async Task<string?> KeepStoppedAsync(Func<CancellationToken, Task<KeptBase>> keep, WorkInHand work, CancellationToken cancel)
    {
        var copy = await keep(cancel).ConfigureAwait(false);
        var row = copy.Snapshot is { } id ? await ledgers.Snapshots.FindAsync(id, cancel).ConfigureAwait(false) : null;
        work.Snapshot = work.Snapshot with { Statement = $"{work.Snapshot.Statement}; {copy.Said}", Base = row is null ? null : new(row.Id, row.Kind, row.Sha256) };
        return row is null && settings.Snapshots.BaseBackup == Options.BaseBackupRule.Required ? copy.Said : null;
    }

    private static async Task<T> WatchedAsync<T>(RepairWatch watch, WorkInHand work, Func<CancellationToken, Task<T>> part)
    {
        try
        {
            return await part(watch.Token).ConfigureAwait(false);
        }
        catch when (watch.Why is not null)
        {
            work.Stopped = watch.Why;
            throw;
        }
    }

    /// <summary>What comes before the repair: whatever it says once it is stopped, nothing follows it.</summary>
    private static Task<T> BeforeAsync<T>(RepairWatch watch, WorkInHand work, Func<CancellationToken, Task<T>> part) => WatchedAsync(watch, work, async token =>
    {
        var done = await part(token).ConfigureAwait(false);
        token.ThrowIfCancellationRequested();
        return done;
    });

    private async Task<HealOutcome> ResolveAsync(WorkInHand work, CancellationToken cancel)
    {
        tools.Faults.Hit(BeforeResolved);
        var said = work.Plan.Nothing is { } nothing ? $"{nothing}; {work.Verification!.Statement}" : work.Verification!.Statement;
        var resolved = await ledgers.Outcomes.MoveAsync(work.Incident, IncidentState.Resolved,
            new Move(worker, said) { Fence = _fence, Reason = said, AttemptOutcome = "succeeded", Verification = work.Verification.Statement },
            rows => Receipt(work, "resolved", null, rows), alert: null, cancel).ConfigureAwait(false);
        tools.Faults.Hit(AfterResolved);
        return new(resolved.State, said);
    }

    private async Task<HealOutcome> FailAsync(WorkInHand work, string why, CancellationToken cancel)
    {
        if (work.Incident.Attempts >= work.Incident.AttemptsAllowed)
        {
            return await EscalateAsync(work.Incident, $"attempt {work.Incident.Attempts} of {work.Incident.AttemptsAllowed} failed: {why}", work, cancel).ConfigureAwait(false);
        }
        var pause = settings.Pause(work.Incident.Attempts);
        tools.Faults.Hit(BeforeFailed);
        var failed = await ledgers.Outcomes.MoveAsync(work.Incident, IncidentState.Detected,
            new Move(worker, $"attempt {work.Incident.Attempts} of {work.Incident.AttemptsAllowed} failed: {why}")
            {
                Fence = _fence, Reason = why, AttemptOutcome = "failed", AttemptError = why, Verification = work.Verification?.Statement, DueAt = tools.Clock.GetUtcNow() + pause,
            }, rows => Receipt(work, "failed", why, rows), "repair_failed", cancel).ConfigureAwait(false);
        tools.Faults.Hit(AfterFailed);
        return new(failed.State, why, pause);
    }

    private async Task<HealOutcome> EscalateAsync(Incident incident, string why, WorkInHand? work, CancellationToken cancel)
    {
        why += await TwinConstraint.LeftAsync(new(session.Target, session.Facts, session.Connection, _fence.Token), incident, cancel).ConfigureAwait(false);
        tools.Faults.Hit(BeforeEscalated);
        var escalated = await ledgers.Outcomes.MoveAsync(incident, IncidentState.Escalated,
            new Move(worker, why)
            {
                Fence = _fence, Reason = why, AttemptOutcome = work is null ? null : "failed", AttemptError = work is null ? null : why, Verification = work?.Verification?.Statement,
            }, work is null ? null : rows => Receipt(work, "escalated", why, rows), "escalated", cancel).ConfigureAwait(false);
        tools.Faults.Hit(AfterEscalated);
        return new(escalated.State, why);
    }

    /// <summary>The target went away, or something unforeseen: nothing may go on behind our back when this is told.</summary>
    private async Task<HealOutcome> BrokenOffAsync(WorkInHand work, Exception e, CancellationToken cancel)
    {
        await session.EndAsync(e).ConfigureAwait(false);
        var left = await SweepAsync(work, once: false, cancel).ConfigureAwait(false);
        return await FailAsync(work, (e is PostgresException p ? $"{p.SqlState}: {p.MessageText}" : e.Message) + left, cancel).ConfigureAwait(false);
    }

    /// <summary>The driver gives up a session in which the server spoke of corruption, so that what was half built is dropped in another. Says what a person must know of.</summary>
    /// <param name="once">Nobody waits for a lock more than once.</param>
    private async Task<string> SweepAsync(WorkInHand work, bool once, CancellationToken cancel)
    {
        if (work.Incident.State != IncidentState.Repairing && !(work.Incident.State == IncidentState.Verifying && work.Incident.Kind.IsOfData))
        {
            return "";
        }
        try
        {
            await using var again = await FencedSession.OpenAsync(session.Target, lease with { Predecessor = null }, ledgers, tools, settings, session.Way, cancel).ConfigureAwait(false);
            if (again is not null)
            {
                await new QuarantineRecord(ledgers).TryAsync(again.Connection, work.Incident, _fence, cancel).ConfigureAwait(false);
                var bench = new RepairSession(again.Target, again.Facts, again.Connection, _fence.Token);
                foreach (var index in work.Plan.Indexes)
                {
                    await OwnLeftovers.DropAsync(bench, index, work.Plan, new StatementLog(), cancel).ConfigureAwait(false);
                }
                return await TwinConstraint.LeftAsync(bench, work.Incident, cancel, once).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is NpgsqlException or HealingException or TimeoutException)
        {
            // the next attempt's plan finds them again
        }
        return "";
    }

    /// <summary>This process is to stop: what it had begun is nobody's failure and is put off, if there is still time to say so.</summary>
    private async Task StoppedAsync(WorkInHand work, Exception e)
    {
        await session.EndAsync(e).ConfigureAwait(false);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5), tools.Clock);
        try
        {
            if (work.Incident.State == IncidentState.Repairing)
            {
                await deferral.PutOffAsync(work.Incident, _fence, worker, Stopped, limit.Token).ConfigureAwait(false);
                return;
            }
            // before and after the repair itself the only way back is to begin anew; the attempt does not count
            await ledgers.Incidents.MoveAsync(work.Incident.Id, work.Incident.State, IncidentState.Detected,
                new Move(worker, $"put off: {Stopped}") { Fence = _fence, Reason = Stopped, CountDeferral = true }, limit.Token).ConfigureAwait(false);
        }
        catch (Exception late) when (late is NpgsqlException or TimeoutException or OperationCanceledException or HealingException)
        {
            // then it is taken up like that of a worker that died
        }
    }

    private async Task<RepairSession> BenchAsync(Incident incident, CancellationToken cancel)
    {
        var attempts = (await ledgers.Incidents.AttemptsAsync(incident.Id, cancel).ConfigureAwait(false)).Where(a => a.Plan is not null).ToList();
        var first = attempts.FirstOrDefault();
        var before = first is null ? null : JsonNode.Parse(first.Plan!)?["indexes_before"]?.AsArray().Select(n => n!.GetValue<long>()).ToList();
        return new(session.Target, session.Facts, session.Connection, _fence.Token)
        {
            Ledger = await ledgers.Quarantines.IdAsync(cancel).ConfigureAwait(false),
            Attempt = incident.Attempts + 1,
            OpenBesideAsync = (oids, token) => ledgers.Incidents.OpenBesideAsync(incident, oids, token),
            LossIsDecidedAsync = (table, token) => ledgers.Incidents.LossIsDecidedAsync(incident, table, token),
            IndexesBefore = before is { Count: > 0 } ? before : null,
            // one that was put off gave its number to the next; what that next one found done already was done by it
            SentBefore = attempts.Exists(a => a.Statements is null || JsonNode.Parse(a.Plan!)?["steps"] is not JsonArray { Count: > 0 }) ? null
                : [.. attempts.SelectMany(a => JsonNode.Parse(a.Statements!)!.AsArray().Select(s => s!.GetValue<string>()))],
            LookAgain = incident.Attempts > 0 || incident.Deferrals > 0 || tools.Clock.GetUtcNow() - incident.LastSeenAt > settings.Fresh,
            Programs = settings.Programs,
            IsLedgerHereAsync = token => ledgers.Snapshots.IsOnAsync(session.Connection, token),
            ReopenAsync = token => session.ReopenAsync(lease, ledgers, settings, token),
            OnBuilding = session.OnBuildingAsync,
        };
    }

    private ReceiptBody Receipt(WorkInHand work, string outcome, string? reason, JsonObject rows) => new()
    {
        Incident = work.Incident.Id,
        Attempt = work.Incident.Attempts,
        Outcome = outcome,
        Reason = reason,
        Worker = worker,
        ApprovedBy = work.Incident.ApprovedBy,
        Snapshot = work.Snapshot,
        Rehearsal = work.Rehearsal,
        Plan = new(work.Plan.Repair, work.Plan.Risk.Name(), work.Plan.Steps, work.Plan.Nothing),
        Statements = work.Result?.Statements ?? [],
        Quarantine = work.Quarantine,
        Verification = work.Verification,
        Ledger = rows,
    };
}
