using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Backups;

/// <summary>
/// Slots of ours on servers whose WAL nobody wants any more: a slot that nobody reads holds WAL back until the server's disk is full.
/// Ours are those of targets for which this ledger has received WAL.
/// </summary>
public sealed class WalSlots(BackupLedger ledger, LeaseLedger leases, string worker)
{
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(30);

    public static string LeaseOf(string systemIdentifier) => $"wal:{systemIdentifier}";

    /// <summary>Of the server of a target; the names of those that went.</summary>
    public async Task<IReadOnlyList<string>> DropAsync(Target target, CancellationToken cancel)
    {
        var facts = await target.FactsAsync(cancel).ConfigureAwait(false);
        var server = facts.Id.SystemIdentifier;
        var names = (await ledger.WalTargetsAsync(server, cancel).ConfigureAwait(false)).Select(WalReceiver.SlotOf).Distinct(StringComparer.Ordinal).ToArray();
        if (facts.IsStandby || names.Length == 0)
        {
            return [];
        }
        await using (var check = await target.OpenCheckAsync(cancel).ConfigureAwait(false))
        {
            if ((await check.ListAsync<string>(Sql.Of<WalReceiver>("wal_slots_unused"), new { Names = names }, cancel).ConfigureAwait(false)).Count == 0)
            {
                return [];
            }
        }
        // a worker with an older configuration may still receive
        if (await leases.TakeAsync(LeaseOf(server), worker, null, Moment, cancel).ConfigureAwait(false) is not { } lease)
        {
            return [];
        }
        try
        {
            await using var session = await target.OpenRepairAsync(cancel).ConfigureAwait(false);
            return await session.ListAsync<string>(Sql.Of<WalReceiver>("wal_slots_drop"), new { Names = names }, cancel).ConfigureAwait(false);
        }
        finally
        {
            await leases.ReleaseAsync(lease, CancellationToken.None).ConfigureAwait(false);
        }
    }
}
