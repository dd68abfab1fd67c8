using System.Text.Json;
using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Alerts;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Verification;

namespace HealingWorkers.Jobs.Healing;

/// <summary>How an attempt or an incident ends, in one transaction: the move with its audit row, the receipt over all of it, the alerts.</summary>
public sealed class OutcomeLedger(LedgerDb db, AlertQueue alerts)
{
    /// <param name="receipt">Makes the receipt from the ledger's rows as this transaction leaves them; null where nothing was done.</param>
    /// <param name="alert">repair_failed | escalated | approval_wanted; null for none.</param>
    public Task<Incident> MoveAsync(Incident incident, IncidentState to, Move move, Func<JsonObject, ReceiptBody>? receipt, string? alert, CancellationToken cancel) =>
        db.InTransactionAsync(async (connection, transaction) =>
        {
            var moved = await IncidentTransition.ApplyAsync(connection, transaction, incident.Id, incident.State, to, move, cancel).ConfigureAwait(false);
            var head = (await connection.FirstAsync<ChainHead>(Sql.Of<ReceiptLedger>("receipt_head"), null, cancel, transaction).ConfigureAwait(false))?.Hash;
            if (receipt is not null && move.Fence is { } fence)
            {
                var rows = await LedgerRows.OfAsync(connection, transaction, incident.Id, cancel).ConfigureAwait(false);
                var body = JsonSerializer.Serialize(receipt(rows), LedgerJson.Options);
                head = (await ReceiptLedger.AppendAsync(connection, transaction, incident.Id, incident.Attempts, body, fence, cancel).ConfigureAwait(false)).Hash;
            }
            if (alert is not null)
            {
                await alerts.QueueAsync(moved, alert, $"{moved.Kind.Name} on {moved.Object}: {move.Reason ?? move.Message}", head, transaction, cancel).ConfigureAwait(false);
            }
            return moved;
        }, cancel);
}
