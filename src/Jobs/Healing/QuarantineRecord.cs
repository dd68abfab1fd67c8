using System.Text.Json;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Repairs;
using HealingWorkers.Jobs.Verification;
using Npgsql;

namespace HealingWorkers.Jobs.Healing;

/// <summary>Asks the target itself what lies in its quarantine because of an incident, and notes it in the ledger: only what is committed counts.</summary>
internal sealed class QuarantineRecord(HealerLedgers ledgers)
{
    /// <summary>What is in force of the incident; the attempt in hand gets what no attempt before it was noted with.</summary>
    public async Task<IReadOnlyList<ReceiptQuarantine>> TakeAsync(NpgsqlConnection connection, Incident incident, Fence fence, CancellationToken cancel)
    {
        var kept = await InForceAsync(connection, await ledgers.Quarantines.IdAsync(cancel).ConfigureAwait(false), incident, cancel).ConfigureAwait(false);
        if (kept.Count == 0)
        {
            return kept;
        }
        var earlier = (await ledgers.Incidents.AttemptsAsync(incident.Id, cancel).ConfigureAwait(false)).Where(a => a.Number < incident.Attempts).ToList();
        var before = earlier.Sum(a => a.RowsQuarantined) - earlier.Back();
        await ledgers.Quarantines.TookAsync(incident, fence, Math.Max(0, kept.Sum(k => k.Rows) - before), JsonSerializer.Serialize(kept, LedgerJson.Options), cancel).ConfigureAwait(false);
        await ledgers.Quarantines.SeenAsync(incident.TargetId, await QuarantineSweep.CountAsync(connection, cancel).ConfigureAwait(false), cancel).ConfigureAwait(false);
        return kept;
    }

    /// <summary>For an attempt that can no longer tell: what it took is there, and an undo is offered by what the ledger knows.</summary>
    public async Task TryAsync(NpgsqlConnection connection, Incident incident, Fence fence, CancellationToken cancel)
    {
        try
        {
            await TakeAsync(connection, incident, fence, cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (e is PostgresException or HealingException)
        {
            // that it died is counted all the same, and an undo asks the target itself
        }
    }

    public static async Task<IReadOnlyList<ReceiptQuarantine>> InForceAsync(NpgsqlConnection connection, string ledger, Incident incident, CancellationToken cancel) =>
        [.. (await QuarantineStore.BatchesAsync(connection, ledger, incident.Id, cancel, incident.OpenedAt).ConfigureAwait(false)).Where(b => b.InForce).Select(b => new ReceiptQuarantine(b.Id, b.Rows, b.Sha256))];
}
