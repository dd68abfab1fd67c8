using System.Globalization;
using Dapper;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Failover;

/// <summary>
/// A promotion that a person asked for, guarded, step by step in the ledger: whoever is cut off in the middle asks for the same again,
/// and it goes on where it stood. Never begun by itself.
/// </summary>
public sealed class Promotion(Target target, LedgerDb db, string actor, TimeProvider clock)
{
    private const int PromoteSeconds = 60;
    private readonly FailoverLedger _ledger = new(db);
    private readonly LeaseLedger _leases = new(db);

    /// <summary>How long a promotion that was cut off keeps the next one waiting.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>Where this process is to end, in tests.</summary>
    public Action<FailoverStation> At { get; init; } = _ => { };

    public Task<FailoverPlan> PlanAsync(string standby, CancellationToken cancel) => new FailoverGuard(target, _ledger).LookAsync(standby, cancel);

    /// <summary>Throws <see cref="HealingException"/> where it is refused, which the audit log keeps.</summary>
    public async Task<FailoverRow> RunAsync(string standby, string why, Action<string> tell, CancellationToken cancel)
    {
        var plan = await PlanAsync(standby, cancel).ConfigureAwait(false);
        await RefuseAsync(plan, standby, cancel).ConfigureAwait(false);
        var lease = await _leases.TakeAsync(Incidents.Lease.OfTarget(plan.Known.Id), actor, null, Lease, cancel).ConfigureAwait(false)
            ?? throw new HealingException($"somebody works on {target.Name}: a repair, or another promotion", $"`healing pause --target {target.Name}` lets no new repair begin; try again when it has ended, or its lease ({Lease.TotalMinutes:0.#} min at most)");
        try
        {
            await using var seen = StandbyTarget.Of(target, target.Options.Standbys.First(s => s.Name == standby));
            // the one before may have been cut off after all that was looked at above
            var row = await _ledger.InHandAsync(plan.Known.Id, cancel).ConfigureAwait(false);
            if (row is { State: "begun" } && row.Standby != standby)
            {
                await _ledger.StepAsync(row with { State = "failed", Error = $"given up for {standby}" }, lease.Fence, $"the promotion of {row.Standby}, which had promoted nothing yet, is given up for {standby}", cancel).ConfigureAwait(false);
                row = null;
            }
            if (row?.Standby == standby ? plan.Gone is not null : row?.Id != plan.Gone?.Id)
            {
                throw new HealingException("another promotion was begun or has ended meanwhile", "the same command with --dry-run says how it stands now");
            }
            if (plan.Gone is not null)
            {
                (plan, row) = (plan with { Gone = row }, null);
            }
            // what the fence said then says nothing of now
            if (row is null or { State: "begun" } || (row.State == "promoting" && plan.Standby.InRecovery))
            {
                row = await FencedAsync(plan, row, standby, why, seen, lease.Fence, tell, cancel).ConfigureAwait(false);
            }
            else
            {
                tell($"goes on with what {row.Actor} began at {row.StartedAt:u}");
            }
            await RenewAsync(lease, cancel).ConfigureAwait(false);
            row = await PromoteAsync(row, seen, lease.Fence, tell, cancel).ConfigureAwait(false);
            await RenewAsync(lease, cancel).ConfigureAwait(false);
            return await VerifyAsync(row, seen, lease.Fence, tell, cancel).ConfigureAwait(false);
        }
        catch (FencedException)
        {
            throw new HealingException($"somebody else has taken up the promotion of {standby} meanwhile: this one slept for longer than its lease", "the same command with --dry-run says how it stands now");
        }
        finally
        {
            await _leases.ReleaseAsync(lease, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task RefuseAsync(FailoverPlan plan, string standby, CancellationToken cancel)
    {
        if (plan.Against(target.Options.Failover.Fence.Length > 0) is not { } said)
        {
            return;
        }
        await _ledger.RefusedAsync(plan.Known.Id, standby, actor, said, cancel).ConfigureAwait(false);
        throw new HealingException($"{standby} is not promoted: {said}", plan.Refusals.Count == 0
            ? "targets[].failover.fence names a command that cuts the old primary off and exits with 0 only when it is certain" : "docs/failover.md says what each refusal means");
    }

    private async Task<FailoverRow> FencedAsync(FailoverPlan plan, FailoverRow? begun, string standby, string why, Target seen, Fence fence, Action<string> tell, CancellationToken cancel)
    {
        Task<FailoverRow> BeginAsync(FailoverRow? gone) => _ledger.BeginAsync(new()
        {
            TargetId = plan.Known.Id, Standby = standby, Actor = actor, Why = why,
            TimelineBefore = plan.Standby.Timeline, PrimaryLsn = plan.Lost.PrimaryLsn, PrimaryAskedAt = plan.Lost.AskedAt,
        }, gone, fence, cancel);

        // one that was told to promote stays in hand until it is cut off
        var row = begun ?? (plan.Gone is null ? await BeginAsync(null).ConfigureAwait(false) : null);
        At(FailoverStation.Begun);
        var fenced = "the old primary answers and is in recovery";
        if (plan.Unfenced is not null)
        {
            tell($"{plan.Unfenced}: the fence is run");
            try
            {
                fenced = await CutOffAsync(plan, standby, seen, cancel).ConfigureAwait(false);
            }
            catch (HealingException e) when (row is not null)
            {
                throw await FailedAsync(row, fence, e.Message, e.Hint).ConfigureAwait(false);
            }
            catch (HealingException e)
            {
                await _ledger.RefusedAsync(plan.Known.Id, standby, actor, Redactor.Text(e.Message), CancellationToken.None).ConfigureAwait(false);
                throw new HealingException($"{standby} is not promoted: {e.Message}", e.Hint, e);
            }
        }
        tell(fenced);
        At(FailoverStation.Fenced);
        row ??= await BeginAsync(plan.Gone).ConfigureAwait(false);
        // afterwards nobody can tell any more how far which standby was
        row = await _ledger.StepAsync(row with { State = "promoting", Fenced = fenced, Lost = plan.Lost.Said, LostBytes = plan.Lost.Synchronous ? 0 : null }, fence, $"{standby} is promoted now; {fenced}", cancel).ConfigureAwait(false);
        At(FailoverStation.Promoting);
        return row;
    }

    private async Task<string> CutOffAsync(FailoverPlan plan, string standby, Target seen, CancellationToken cancel)
    {
        var guard = new FailoverGuard(target, _ledger);
        var (done, said) = await Hook.RunAsync(target.Options.Failover.Fence, new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["HEALING_TARGET"] = target.Name,
            ["HEALING_STANDBY"] = standby,
            ["HEALING_PRIMARY"] = string.Join(',', plan.Suspects),
        }, target.Options.Failover.FenceTimeout, clock, cancel).ConfigureAwait(false);
        if (!done)
        {
            throw new HealingException($"the fence {said}: the old primary counts as alive", "put it right, or cut the old primary off by hand and let the fence say so");
        }
        await using var connection = await seen.OpenCheckAsync(cancel).ConfigureAwait(false);
        var alive = (await guard.HostsAsync(connection, guard.StandbyOf(plan.Gone), cancel).ConfigureAwait(false)).Select(h => h.TakesWrites ?? (h.IsCertainlyUp ? $"{h.Host} {h.Said}" : null)).OfType<string>().ToList();
        if (plan.Gone is { } gone)
        {
            // in recovery it would do no harm by itself, and it was told to leave that
            await guard.IsGoneAsync(gone, alive, cancel).ConfigureAwait(false);
        }
        return alive.Count == 0 ? $"the fence {said}"
            : throw new HealingException($"the fence exited with 0, and {string.Join("; ", alive)}", "the fence must not say what it is not certain of");
    }

    private async Task<FailoverRow> PromoteAsync(FailoverRow row, Target seen, Fence fence, Action<string> tell, CancellationToken cancel)
    {
        if (row.State != "promoting")
        {
            return row;
        }
        try
        {
            await using var connection = await PromotionSession.OpenAsync(seen, cancel).ConfigureAwait(false);
            if (await connection.ExecuteScalarAsync<bool>(new CommandDefinition("SELECT pg_catalog.pg_is_in_recovery()", cancellationToken: cancel)).ConfigureAwait(false)
                && !await connection.ExecuteScalarAsync<bool>(new CommandDefinition(Sql.Of<FailoverLedger>("promote"), new { seconds = PromoteSeconds }, commandTimeout: PromoteSeconds + 10, cancellationToken: cancel)).ConfigureAwait(false))
            {
                throw new HealingException($"{row.Standby} did not leave recovery within {PromoteSeconds} s", "its log says why; the same command goes on from here");
            }
            At(FailoverStation.Promoted);
            var now = await connection.QuerySingleAsync<Promoted>(new CommandDefinition(Sql.Of<FailoverLedger>("promoted"), new { known = row.PrimaryLsn }, cancellationToken: cancel)).ConfigureAwait(false);
            if (row.TimelineBefore is { } before && now.Timeline <= before)
            {
                throw new HealingException(string.Create(CultureInfo.InvariantCulture, $"{row.Standby} is on timeline {now.Timeline} as before"), "its log says why");
            }
            target.Forget();
            var said = Lost(row, now);
            tell(string.Create(CultureInfo.InvariantCulture, $"promoted at {now.Lsn}, timeline {row.TimelineBefore} -> {now.Timeline}"));
            tell($"lost: {said}");
            return await _ledger.StepAsync(row with { State = "promoted", PromotedLsn = now.Lsn, TimelineAfter = now.Timeline, Lost = said }, fence,
                string.Create(CultureInfo.InvariantCulture, $"{row.Standby} was promoted at {now.Lsn}, timeline {now.Timeline}; lost: {said}"), cancel).ConfigureAwait(false);
        }
        catch (PostgresException e) when (e.SqlState == SqlState.InsufficientPrivilege)
        {
            // this alone is certain not to have begun
            throw await FailedAsync(row with { State = "begun" }, fence, $"{row.Standby} was not promoted: {e.MessageText}", "the login of the standby needs EXECUTE on pg_promote(boolean, integer), which a superuser grants").ConfigureAwait(false);
        }
        catch (NpgsqlException e)
        {
            throw new HealingException($"{row.Standby} went away while it was promoted: {Redactor.Text(e.Message)}", "the same command looks what became of it, and goes on from there", e);
        }
    }

    private static string Lost(FailoverRow row, Promoted now) => row.LostBytes == 0 || row.PrimaryLsn is null ? row.Lost ?? "unknown"
        : string.Create(CultureInfo.InvariantCulture, $"unknown: the primary was at {row.PrimaryLsn} when it was last asked ({row.PrimaryAskedAt:u}), recovery ended {(now.Missing > 0 ? $"{now.Missing} bytes before" : $"{-now.Missing} bytes after")} that; what the primary wrote and never sent nobody knows");

    private async Task<FailoverRow> VerifyAsync(FailoverRow row, Target seen, Fence fence, Action<string> tell, CancellationToken cancel)
    {
        At(FailoverStation.Told);
        var verified = await WriteProof.TakeAsync(token => PromotionSession.OpenAsync(seen, token), row, () => At(FailoverStation.Written), cancel).ConfigureAwait(false);
        tell($"verified: {verified}");
        await using (var connection = await PromotionSession.OpenAsync(seen, cancel).ConfigureAwait(false))
        {
            if (await SyncStandbys.AskAsync(connection, cancel).ConfigureAwait(false) is { HoldsUpCommits: true } waiting)
            {
                tell($"careful: {waiting.Said}");
            }
        }
        At(FailoverStation.Proven);
        var done = await _ledger.StepAsync(row with { State = "done", Verified = verified }, fence, $"{row.Standby} takes writes: {verified}", cancel).ConfigureAwait(false);
        At(FailoverStation.Done);
        return done;
    }

    private async Task<HealingException> FailedAsync(FailoverRow row, Fence fence, string what, string hint)
    {
        // it may have been told to promote already: what becomes of that is looked at by whoever asks again
        await _ledger.StepAsync(row with { State = row.State == "promoting" ? "promoting" : "failed", Error = Redactor.Text(what) }, fence, what, CancellationToken.None).ConfigureAwait(false);
        return new HealingException($"{row.Standby} is not promoted: {what}", hint);
    }

    private async Task RenewAsync(Lease lease, CancellationToken cancel)
    {
        if (!await _leases.RenewAsync(lease, Lease, cancel).ConfigureAwait(false))
        {
            throw new FencedException(lease.Resource, lease.Token);
        }
    }

    private sealed record Promoted
    {
        public required string Lsn { get; init; }
        public required int Timeline { get; init; }
        public long? Missing { get; init; }
    }
}
