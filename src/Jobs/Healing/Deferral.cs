using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Options;

namespace HealingWorkers.Jobs.Healing;

/// <summary>Puts an incident off, without counting an attempt; after a day of it, or three windows missed, it escalates.</summary>
public sealed class Deferral(HealerLedgers ledgers, HealerSettings settings, HealerTools tools)
{
    private const int MostWindows = 3;

    public async Task<HealOutcome> PutOffAsync(Incident incident, Fence fence, string worker, string why, CancellationToken cancel)
    {
        var pause = settings.Pause(incident.Deferrals);
        if (TooLong(incident) is { } late)
        {
            var inHand = incident.State.IsInHand();
            var receipt = inHand ? await LedgerReceipt.OfAsync(ledgers, incident, "escalated", $"{late}: {why}", worker, cancel).ConfigureAwait(false) : null;
            var escalated = await ledgers.Outcomes.MoveAsync(incident, IncidentState.Escalated,
                new Move(worker, why) { Fence = fence, Reason = $"{late}: {why}", AttemptOutcome = inHand ? "failed" : null, AttemptError = why },
                receipt, "escalated", cancel).ConfigureAwait(false);
            return new(escalated.State, escalated.Reason!);
        }
        var move = new Move(worker, $"put off: {why}") { Fence = fence, Reason = why, DueAt = tools.Clock.GetUtcNow() + pause, CountDeferral = true };
        tools.Faults.Hit(FaultPoint.BeforePutOff);
        var after = incident.State is IncidentState.AwaitingWindow
            ? await ledgers.Incidents.StayAsync(incident.Id, incident.State, move, cancel).ConfigureAwait(false)
            : await ledgers.Incidents.MoveAsync(incident.Id, incident.State, Waiting(incident.State), move, cancel).ConfigureAwait(false);
        tools.Faults.Hit(FaultPoint.AfterPutOff);
        return new(after.State, why, pause, Deferred: true);
    }

    /// <summary>What a closed gate makes of an incident.</summary>
    public async Task<HealOutcome> StopAsync(Incident incident, Gate gate, Fence? fence, string worker, CancellationToken cancel)
    {
        var move = new Move(worker, gate.Why) { Fence = fence, Reason = gate.Why };
        if (gate.Decision == GateDecision.No || (gate.Decision == GateDecision.Window && TooLong(incident) is not null))
        {
            var escalated = await ledgers.Outcomes.MoveAsync(incident, IncidentState.Escalated, move, receipt: null, "escalated", cancel).ConfigureAwait(false);
            return new(escalated.State, gate.Why);
        }
        if (gate.Decision == GateDecision.Approval && incident.ApprovedBy is not null && incident.State != IncidentState.Detected)
        {
            var revoked = await ledgers.Incidents.StayAsync(incident.Id, incident.State, move with { RevokeApproval = true, DueAt = tools.Clock.GetUtcNow() + settings.LongestPause }, cancel).ConfigureAwait(false);
            return new(revoked.State, gate.Why, Deferred: true);
        }
        if (gate.Decision == GateDecision.Approval && incident.State == IncidentState.Detected)
        {
            var waiting = await ledgers.Outcomes.MoveAsync(incident, IncidentState.AwaitingApproval, move with { RevokeApproval = true }, receipt: null, "approval_wanted", cancel).ConfigureAwait(false);
            return new(waiting.State, gate.Why);
        }
        var until = gate.Until ?? tools.Clock.GetUtcNow() + settings.LongestPause;
        if (gate.Decision == GateDecision.Window && incident.State != IncidentState.AwaitingWindow)
        {
            var waiting = await ledgers.Incidents.MoveAsync(incident.Id, incident.State, IncidentState.AwaitingWindow, move with { DueAt = until, CountDeferral = true }, cancel).ConfigureAwait(false);
            return new(waiting.State, gate.Why, until - tools.Clock.GetUtcNow(), Deferred: true);
        }
        if (incident.DueAt is not { } due || due <= tools.Clock.GetUtcNow())
        {
            await ledgers.Incidents.StayAsync(incident.Id, incident.State, move with { DueAt = until }, cancel).ConfigureAwait(false);
        }
        return new(incident.State, gate.Why, gate.Decision == GateDecision.Approval ? null : until - tools.Clock.GetUtcNow(), Deferred: true);
    }

    /// <summary>From before and after the repair itself the only way is to begin anew.</summary>
    private static IncidentState Waiting(IncidentState from) => from is IncidentState.Snapshotting or IncidentState.Verifying ? IncidentState.Detected : IncidentState.AwaitingWindow;

    private string? TooLong(Incident incident)
    {
        if (incident.DeferredSince is not { } since)
        {
            return null;
        }
        if (incident.Risk is { } risk && tools.Targets.Find(incident.TargetName)?.Options is { } target && PolicyGate.IsOfWindow(risk, target, tools.RepairNamed(incident.Repair) is Repairs.ILocking)
            && MaintenanceWindow.Parse(target.MaintenanceWindow) is { } window)
        {
            return window.Missed(since, tools.Clock.GetUtcNow()) >= MostWindows ? $"{MostWindows} windows went by" : null;
        }
        return tools.Clock.GetUtcNow() - since >= settings.LongestDeferral ? "put off for too long" : null;
    }
}
