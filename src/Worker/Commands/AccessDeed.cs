using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Worker.Hosting;

namespace HealingWorkers.Worker.Commands;

/// <summary>A change of who may enter, with its line in the audit log: where that cannot be written, nothing is changed.</summary>
internal static class AccessDeed
{
    public static async Task DoAsync(HealingHost host, CommandShell shell, string what, string message, string why, Func<Task> change, CancellationToken cancel)
    {
        var ledger = await host.OpenLedgerAsync(cancel).ConfigureAwait(false);
        await ledger.InTransactionAsync(async (connection, transaction) =>
        {
            await AuditLog.WriteAsync(connection, transaction, new AuditEntry(what, "warning", $"{message}: {why}", shell.Actor), cancel).ConfigureAwait(false);
            await change().ConfigureAwait(false);
            return true;
        }, cancel).ConfigureAwait(false);
    }
}
