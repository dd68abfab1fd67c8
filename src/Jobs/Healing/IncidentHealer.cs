using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Telemetry;
using Microsoft.Extensions.Logging;
using Npgsql;
using static HealingWorkers.Jobs.Healing.FaultPoint;

namespace HealingWorkers.Jobs.Healing;

/// <summary>One incident's way: gate, lease, fenced session, attempt. What happens within the attempt is <see cref="RepairAttempt"/>.</summary>
public sealed class IncidentHealer(HealerLedgers ledgers, HealerTools tools, HealerSettings settings, ILogger<IncidentHealer> log) : IHealer
{
    private readonly Deferral _deferral = new(ledgers, settings, tools);

    public async Task<HealOutcome> HealAsync(long incident, string worker, CancellationToken cancel)
    {
        var found = await ledgers.Incidents.FindAsync(incident, cancel).ConfigureAwait(false)
            ?? throw new HealingException($"there is no incident {incident}", "`healing incidents` lists them.");
        using var trace = Signals.Traces.StartActivity("heal", System.Diagnostics.ActivityKind.Consumer, found.TraceParent);
        if (!IsToDo(found.State))
        {
            return new(found.State, "nothing is to be done");
        }
        if (await ledgers.Pauses.IsPausedAsync(found.TargetId, cancel).ConfigureAwait(false))
        {
            return new(found.State, "repairs are paused", settings.FirstPause, Deferred: true);
        }
        if (!found.State.IsInHand() && await GateAsync(found, worker, cancel).ConfigureAwait(false) is { } stopped)
        {
            return stopped;
        }
        tools.Faults.Hit(BeforeLease);
        var lease = await ledgers.Leases.TakeAsync(Lease.OfTarget(found.TargetId), worker, incident, settings.Lease, cancel).ConfigureAwait(false);
        tools.Faults.Hit(AfterLease);
        return lease is null
            ? new(found.State, "another worker repairs this target now", settings.FirstPause, Deferred: true)
            : await UnderLeaseAsync(incident, lease, worker, cancel).ConfigureAwait(false);
    }

    private async Task<HealOutcome> UnderLeaseAsync(long id, Lease lease, string worker, CancellationToken cancel)
    {
        var keeper = new LeaseKeeper(ledgers.Leases, lease, settings.Lease, tools.Clock, cancel);
        var release = true;
        try
        {
            var outcome = await InSessionAsync(id, lease, worker, keeper.Token).ConfigureAwait(false);
            log.LogInformation("incident {Incident} is {State}: {Note}", id, outcome.State, outcome.Note);
            return outcome;
        }
        catch (OperationCanceledException) when (keeper.Lost)
        {
            throw new FencedException(lease.Resource, lease.Token);
        }
        catch (BackendLeftException e)
        {
            // its backend may still work: the lease runs out, and the successor ends it
            release = false;
            throw e.InnerException!;
        }
        finally
        {
            await keeper.DisposeAsync().ConfigureAwait(false);
            if (release && !keeper.Lost)
            {
                await ReleaseAsync(lease).ConfigureAwait(false);
            }
        }
    }

    private async Task<HealOutcome> InSessionAsync(long id, Lease lease, string worker, CancellationToken cancel)
    {
        // looked at again under the lease: whoever had it before may have finished
        var incident = (await ledgers.Incidents.FindAsync(id, cancel).ConfigureAwait(false))!;
        if (!IsToDo(incident.State))
        {
            return new(incident.State, "nothing is left to be done");
        }
        var target = tools.Targets.Named(incident.TargetName);
        FencedSession? session = null;
        try
        {
            session = await FencedSession.OpenAsync(target, lease, ledgers, tools, settings, tools.RepairNamed(incident.Repair).WayOf(), cancel).ConfigureAwait(false);
            if (session is null)
            {
                return await NotNowAsync(incident, lease.Fence, worker, "another session holds the target's lock for repairs", cancel).ConfigureAwait(false);
            }
            if (await ledgers.Incidents.RegisterTargetAsync(target.Name, session.Facts, cancel).ConfigureAwait(false) != incident.TargetId)
            {
                throw new HealingException($"{target.Name} is another database than the one that incident {id} was found in", "See where its connection leads by now.");
            }
            if (tools.Targets.TwinOf(target) is { } twin)
            {
                return await NotNowAsync(incident, lease.Fence, worker, $"{target.Name} and {twin.Name} answer as the same database: one is a physical copy of the other, or both lead to the same server, and nobody can tell where this was found. Give the copy a configuration and a control database of its own", cancel).ConfigureAwait(false);
            }
            if (incident.State.IsInHand())
            {
                incident = await CrashedAsync(incident, session, lease.Fence, worker, cancel).ConfigureAwait(false);
                if (!IsToDo(incident.State))
                {
                    return new(incident.State, incident.Reason ?? "");
                }
            }
            return await new RepairAttempt(ledgers, tools, settings, _deferral, session, lease, worker).RunAsync(incident, cancel).ConfigureAwait(false);
        }
        catch (HealingException e) when (session is null)
        {
            // it cannot be reached, or not by somebody who may repair it
            target.Forget();
            return await NotNowAsync(incident, lease.Fence, worker, $"{e.Message}. {e.Hint}", cancel).ConfigureAwait(false);
        }
        finally
        {
            if (session is not null)
            {
                await session.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>A dead predecessor's attempt stays in hand, and is counted, once the target can be reached.</summary>
    private async Task<HealOutcome> NotNowAsync(Incident incident, Fence fence, string worker, string why, CancellationToken cancel) =>
        incident.State.IsInHand() ? new(incident.State, why, settings.FirstPause, Deferred: true)
            : await _deferral.PutOffAsync(incident, fence, worker, why, cancel).ConfigureAwait(false);

    /// <summary>Null when the way is open.</summary>
    private async Task<HealOutcome?> GateAsync(Incident incident, string worker, CancellationToken cancel)
    {
        var gate = PolicyGate.Decide(incident, plan: null, settings, tools.Targets.Named(incident.TargetName).Options, tools.Clock.GetUtcNow());
        return gate.Decision == GateDecision.Go ? null : await _deferral.StopAsync(incident, gate, null, worker, cancel).ConfigureAwait(false);
    }

    private async Task<Incident> CrashedAsync(Incident incident, FencedSession session, Fence fence, string worker, CancellationToken cancel)
    {
        var last = incident.Attempts >= incident.AttemptsAllowed;
        var why = $"the worker of attempt {incident.Attempts} of {incident.AttemptsAllowed} died or was cut off while {incident.State}";
        if (last)
        {
            why += await Repairs.TwinConstraint.LeftAsync(new(session.Target, session.Facts, session.Connection, fence.Token), incident, cancel).ConfigureAwait(false);
        }
        await new QuarantineRecord(ledgers).TryAsync(session.Connection, incident, fence, cancel).ConfigureAwait(false);
        var receipt = await LedgerReceipt.OfAsync(ledgers, incident, last ? "escalated" : "crashed", why, worker, cancel).ConfigureAwait(false);
        tools.Faults.Hit(BeforeCrashCounted);
        var counted = await ledgers.Outcomes.MoveAsync(incident, last ? IncidentState.Escalated : IncidentState.Detected,
            new Move(worker, why) { Fence = fence, Reason = why, AttemptOutcome = "crashed", AttemptError = why },
            receipt, last ? "escalated" : "repair_failed", cancel).ConfigureAwait(false);
        tools.Faults.Hit(AfterCrashCounted);
        return counted;
    }

    private async Task ReleaseAsync(Lease lease)
    {
        tools.Faults.Hit(BeforeRelease);
        using var limit = new CancellationTokenSource(settings.Lease / 6, tools.Clock);
        try
        {
            await ledgers.Leases.ReleaseAsync(lease, limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or OperationCanceledException)
        {
            log.LogWarning("the lease on {Resource} could not be given back and will run out: {Error}", lease.Resource, e.Message);
        }
        tools.Faults.Hit(AfterRelease);
    }

    private static bool IsToDo(IncidentState state) => state.IsOpen() && state is not (IncidentState.Escalated or IncidentState.Suppressed);
}
