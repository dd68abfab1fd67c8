using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Ledger;
using Npgsql;

namespace HealingWorkers.Jobs.Incidents;

/// <summary>The one place where an incident changes its state: fence, row lock, the table of transitions, the change, the audit row.</summary>
internal static class IncidentTransition
{
    public static async Task<Incident> ApplyAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, long id, IncidentState from, IncidentState to, Move move, CancellationToken cancel)
    {
        var incident = await LockAsync(connection, transaction, id, from, move.Fence, cancel).ConfigureAwait(false);
        if (!IncidentTransitions.Permits(from, to))
            throw new HealingException($"incident {id} is {from} and cannot become {to}", "see `healing incidents show` for its state, and the documentation for what can follow it");
        return await WriteAsync(connection, transaction, incident, to, move, cancel).ConfigureAwait(false);
    }

    /// <summary>Locks the incident, the lease first, so that all writers lock in one order.</summary>
    public static async Task<Incident> LockAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, long id, IncidentState expected, Fence? fence, CancellationToken cancel)
    {
        if (fence is not null)
            await LeaseLedger.RequireAsync(connection, transaction, fence, cancel).ConfigureAwait(false);
        var row = await connection.FirstAsync<IncidentRow>(Sql.Of<IncidentLedger>("incident_lock"), new { Id = id }, cancel, transaction).ConfigureAwait(false)
            ?? throw new HealingException($"there is no incident {id}", "`healing incidents` lists them");
        var incident = row.ToIncident();
        return incident.State == expected
            ? incident
            : throw new HealingException($"incident {id} is {incident.State} by now, not {expected}", "somebody else was faster; look at it again");
    }

    /// <summary>Writes the change of a locked incident; <paramref name="to"/> may be its present state (a wait, an approval).</summary>
    public static async Task<Incident> WriteAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, Incident incident, IncidentState to, Move move, CancellationToken cancel)
    {
        await CloseAttemptAsync(connection, transaction, incident, move, cancel).ConfigureAwait(false);
        var anew = to == IncidentState.Detected && !incident.State.IsInHand();
        await connection.DoAsync(Sql.Of<IncidentLedger>("incident_move"), new
        {
            incident.Id,
            From = incident.State.ToString(),
            To = to.ToString(),
            IsOpen = to.IsOpen(),
            move.Reason,
            move.DueAt,
            move.ApprovedBy,
            move.ApprovedRows,
            Revoke = move.RevokeApproval,
            move.MoreAttempts,
            move.CountDeferral,
            Uncount = move.CountDeferral && incident.State.IsInHand(),
            Ended = move.AttemptOutcome is not null,
            Anew = anew,
        }, cancel, transaction).ConfigureAwait(false);
        var plan = move.ApprovedBy is not null ? move.ApprovedPlan : anew || move.RevokeApproval ? null : incident.ApprovedPlan;
        if (!string.Equals(plan, incident.ApprovedPlan, StringComparison.Ordinal))
            await connection.DoAsync(Sql.Of<IncidentLedger>("incident_approved_plan"), new { incident.Id, Plan = plan }, cancel, transaction).ConfigureAwait(false);
        if (incident.Kind == FindingKind.DeadlyRead && (to == IncidentState.Closed || (incident.State == IncidentState.Escalated && to == IncidentState.Detected)))
            await connection.DoAsync(Sql.Of<IncidentLedger>("fence_lifted"), new { incident.TargetId, Object = incident.Object.Quoted }, cancel, transaction).ConfigureAwait(false);
        await AuditAsync(connection, transaction, incident, to, move, cancel).ConfigureAwait(false);
        return await ReadAsync(connection, transaction, incident.Id, cancel).ConfigureAwait(false);
    }

    public static async Task<Incident> ReadAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, long id, CancellationToken cancel) =>
        (await connection.FirstAsync<IncidentRow>(Sql.Of<IncidentLedger>("incident_find"), new { Id = id }, cancel, transaction).ConfigureAwait(false))!.ToIncident();

    public static Task AuditOpenedAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, Incident incident, string actor, CancellationToken cancel) =>
        AuditLog.WriteAsync(connection, transaction, new AuditEntry("incident.opened", incident.Severity.ToString().ToLowerInvariant(), $"{incident.Kind.Name} on {incident.Object}: {incident.Detail}", actor)
        {
            TargetId = incident.TargetId,
            IncidentId = incident.Id,
            Metadata = new JsonObject { ["to"] = incident.State.ToString(), ["check"] = incident.Check }.ToJsonString(),
        }, cancel);

    private static async Task CloseAttemptAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, Incident incident, Move move, CancellationToken cancel)
    {
        var outcome = move.AttemptOutcome ?? (move.CountDeferral && incident.State.IsInHand() ? "deferred" : null);
        if (outcome is null && move.Verification is null)
            return;
        await connection.DoAsync(Sql.Of<IncidentLedger>("attempt_end"),
            new { incident.Id, incident.Attempts, Outcome = outcome, Error = Text.Bounded(move.AttemptError, 8000), Verification = Text.Bounded(move.Verification, 8000) }, cancel, transaction).ConfigureAwait(false);
    }

    private static Task AuditAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, Incident incident, IncidentState to, Move move, CancellationToken cancel)
    {
        var metadata = JsonNode.Parse(move.Metadata) as JsonObject ?? [];
        metadata["from"] = incident.State.ToString();
        metadata["to"] = to.ToString();
        metadata["attempts"] = incident.Attempts;
        if (move.Reason is not null)
            metadata["reason"] = move.Reason;
        if (move.Fence is not null)
            metadata["token"] = move.Fence.Token;
        var what = to == incident.State ? move.CountDeferral ? "deferred" : "changed" : to.ToString().ToLowerInvariant();
        var severity = to == IncidentState.Escalated ? incident.Severity.ToString().ToLowerInvariant() : "info";
        return AuditLog.WriteAsync(connection, transaction, new AuditEntry($"incident.{what}", severity, move.Message, move.Actor)
        {
            TargetId = incident.TargetId,
            IncidentId = incident.Id,
            Metadata = metadata.ToJsonString(),
        }, cancel);
    }
}
