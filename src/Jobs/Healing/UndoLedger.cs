using System.Text.Json;
using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Verification;

namespace HealingWorkers.Jobs.Healing;

/// <summary>How an undo gets into the ledger, in one transaction: an attempt of its own, the move with its audit row, the receipt over all of it.</summary>
public sealed class UndoLedger(LedgerDb db)
{
    /// <param name="to">Undone, or Resolved again; what it was while only some rows came back, and where it is no repair that is undone but what attempts left.</param>
    /// <param name="number">Of the attempt that it is.</param>
    public Task<Incident> RecordAsync(Incident incident, IncidentState to, int number, Fence fence, string worker, string actor, UndoneWork work, CancellationToken cancel) =>
        db.InTransactionAsync(async (connection, transaction) =>
        {
            // somebody may have reopened or closed it meanwhile: its rows are back all the same
            var state = to == incident.State && incident.State != IncidentState.Resolved
                ? (await IncidentTransition.ReadAsync(connection, transaction, incident.Id, cancel).ConfigureAwait(false)).State : incident.State;
            var locked = await IncidentTransition.LockAsync(connection, transaction, incident.Id, state, fence, cancel).ConfigureAwait(false);
            var repair = work.Some ?? (to == IncidentState.Undone ? "undo" : "undo_undone");
            await connection.DoAsync(Sql.Of<IncidentLedger>("attempt_undo"), new
            {
                locked.Id, Number = number, Worker = worker, fence.Token, Repair = repair, Statements = JsonSerializer.Serialize(work.Statements, LedgerJson.Options),
                Verification = work.Said, Rows = work.Some is not null || to == IncidentState.Undone ? 0 : work.Rows, Quarantine = JsonSerializer.Serialize(work.Quarantine, LedgerJson.Options),
            }, cancel, transaction).ConfigureAwait(false);
            await connection.DoAsync(Sql.Of<IncidentLedger>("attempt_count"), new { locked.Id, Number = number }, cancel, transaction).ConfigureAwait(false);
            var moved = to == incident.State
                ? await StaysAsync(connection, transaction, incident.Id, repair, actor, work, cancel).ConfigureAwait(false)
                : await IncidentTransition.ApplyAsync(connection, transaction, incident.Id, incident.State, to,
                    new Move(actor, $"{work.Said}: {work.Why}") { Fence = fence, Reason = work.Said }, cancel).ConfigureAwait(false);
            await LeaveAloneAsync(connection, transaction, moved, work.Some == UndoneWork.SomeBack ? IncidentState.Undone : moved.State, actor, cancel).ConfigureAwait(false);
            var ledgerRows = await LedgerRows.OfAsync(connection, transaction, incident.Id, cancel).ConfigureAwait(false);
            var body = JsonSerializer.Serialize(Receipt(moved, to, worker, actor, repair, work, ledgerRows), LedgerJson.Options);
            await ReceiptLedger.AppendAsync(connection, transaction, incident.Id, number, body, fence, cancel).ConfigureAwait(false);
            return moved;
        }, cancel);

    /// <summary>It was asked for, and cannot be done as things are.</summary>
    public Task RefusedAsync(Incident incident, string actor, string said, CancellationToken cancel) =>
        db.InTransactionAsync(async (connection, transaction) =>
        {
            await AuditLog.WriteAsync(connection, transaction, new AuditEntry("incident.undo_refused", "warning", $"not undone: {said}", actor) { TargetId = incident.TargetId, IncidentId = incident.Id }, cancel).ConfigureAwait(false);
            return true;
        }, cancel);

    /// <summary>What was found again of the same damage waits with what was undone, and is over when that is done again.</summary>
    private static async Task LeaveAloneAsync(Npgsql.NpgsqlConnection connection, Npgsql.NpgsqlTransaction transaction, Incident moved, IncidentState towards, string actor, CancellationToken cancel)
    {
        if (await connection.FirstAsync<long?>(Sql.Of<IncidentLedger>("fingerprint_open"), new { moved.Fingerprint }, cancel, transaction).ConfigureAwait(false) is not { } id || id == moved.Id)
        {
            return;
        }
        var again = await IncidentTransition.ReadAsync(connection, transaction, id, cancel).ConfigureAwait(false);
        (IncidentState To, string Why)? turn = (towards, again.State) switch
        {
            (IncidentState.Undone, IncidentState.Detected) => (IncidentState.Suppressed, $"the repair of incident {moved.Id} was undone: it is left alone until it is reopened"),
            (IncidentState.Resolved, IncidentState.Suppressed) => (IncidentState.Closed, $"the undo of incident {moved.Id} was undone"),
            _ => null,
        };
        if (turn is { } next)
        {
            await IncidentTransition.ApplyAsync(connection, transaction, id, again.State, next.To, new Move(actor, next.Why) { Reason = next.Why }, cancel).ConfigureAwait(false);
        }
    }

    /// <summary>Rows of it came back, and it is what it was; where it was not resolved, for the same reason.</summary>
    private static async Task<Incident> StaysAsync(Npgsql.NpgsqlConnection connection, Npgsql.NpgsqlTransaction transaction, long id, string what, string actor, UndoneWork work, CancellationToken cancel)
    {
        var incident = await IncidentTransition.ReadAsync(connection, transaction, id, cancel).ConfigureAwait(false);
        if (incident.State == IncidentState.Resolved)
        {
            await connection.DoAsync(Sql.Of<IncidentLedger>("incident_reason"), new { Id = id, Reason = work.Said }, cancel, transaction).ConfigureAwait(false);
            incident = await IncidentTransition.ReadAsync(connection, transaction, id, cancel).ConfigureAwait(false);
        }
        await AuditLog.WriteAsync(connection, transaction, new AuditEntry($"incident.{what}", "info", $"{work.Said}: {work.Why}", actor) { TargetId = incident.TargetId, IncidentId = id }, cancel).ConfigureAwait(false);
        return incident;
    }

    private static ReceiptBody Receipt(Incident incident, IncidentState to, string worker, string actor, string repair, UndoneWork work, JsonObject rows) => new()
    {
        Incident = incident.Id,
        Attempt = incident.Attempts,
        Outcome = work.Some ?? (to == IncidentState.Undone ? "undone" : "reapplied"),
        Reason = work.Why,
        Worker = worker,
        ApprovedBy = actor,
        Snapshot = new(null, "quarantine", null, "the rows themselves lie in the target's schema healing_quarantine"),
        Plan = new(repair, RiskClass.Quarantining.Name(), [], null),
        Statements = work.Statements,
        Quarantine = work.Quarantine,
        Verification = new(Proof.Proven, false, work.Said),
        Ledger = rows,
    };
}

/// <param name="Said">One sentence of what was done and how it was proven.</param>
/// <param name="Why">The person's reason.</param>
/// <param name="Quarantine">The batches that were brought back, or in which it was kept again.</param>
public sealed record UndoneWork(long Rows, string Said, string Why, IReadOnlyList<string> Statements, IReadOnlyList<ReceiptQuarantine> Quarantine)
{
    internal const string SomeBack = AttemptRows.BroughtBack;
    internal const string SomeAgain = AttemptRows.TakenAgain;

    /// <summary>Which of these it was, where only chosen rows were moved, or the incident stays what it was.</summary>
    public string? Some { get; init; }
    /// <summary>How many rows are in the quarantine after that.</summary>
    public long Left { get; init; }
    /// <summary>False when the ledger has been told of it before.</summary>
    public bool IsNews { get; init; } = true;
}
