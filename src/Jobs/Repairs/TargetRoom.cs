using Dapper;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Pages;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>Says why a rebuild must wait: another build on the table, WAL pressure, no room on disk.</summary>
public sealed class TargetRoom(RepairLimits limits)
{
    public async Task<string?> WhyWaitAsync(RepairSession session, IndexLook index, CancellationToken cancel) =>
        await OtherBuildAsync(session, index, cancel).ConfigureAwait(false)
        ?? await OldTransactionAsync(session, index, cancel).ConfigureAwait(false)
        ?? await PressureAsync(session, cancel).ConfigureAwait(false)
        ?? await NoRoomAsync(session, index, cancel).ConfigureAwait(false);

    public static async Task<string?> OtherBuildAsync(RepairSession session, IndexLook index, CancellationToken cancel)
    {
        var pid = await session.Connection.QueryFirstOrDefaultAsync<int?>(new CommandDefinition(
            Sql.Of<IndexLook>("builds"), new { table = index.TableOid }, cancellationToken: cancel)).ConfigureAwait(false);
        return pid is null ? null : $"an index of {index.TableQuoted} is being built by backend {pid} right now";
    }

    /// <summary>Found beforehand, it costs nothing; found by a lock time-out, it costs half an index that has to be dropped again.</summary>
    private async Task<string?> OldTransactionAsync(RepairSession session, IndexLook index, CancellationToken cancel)
    {
        var who = await session.Connection.QueryFirstOrDefaultAsync<string?>(new CommandDefinition(
            Sql.Of<IndexLook>("old_transactions"), new { table = index.TableOid, age = limits.OldTransaction }, cancellationToken: cancel)).ConfigureAwait(false);
        return who is null ? null : $"{who} has a transaction open for longer than {limits.OldTransaction.TotalSeconds:0.#} s that a rebuild would have to wait for";
    }

    private async Task<string?> PressureAsync(RepairSession session, CancellationToken cancel)
    {
        var (lag, keeps, danger) = await session.Connection.QuerySingleAsync<(long?, long?, bool)>(new CommandDefinition(
            Sql.Of<IndexLook>("pressure"), cancellationToken: cancel)).ConfigureAwait(false);
        return lag > limits.ReplicaLag ? $"a replica is {lag >> 20} MB behind, the limit is {limits.ReplicaLag >> 20} MB"
            : danger ? "a replication slot is about to lose the WAL that it needs"
            : keeps > limits.SlotKeeps ? $"a replication slot keeps {keeps >> 20} MB of WAL, the limit is {limits.SlotKeeps >> 20} MB"
            : null;
    }

    /// <summary>Only where the server's disk can be seen from here; elsewhere the server says so itself, and leftovers are cleared.</summary>
    private async Task<string?> NoRoomAsync(RepairSession session, IndexLook index, CancellationToken cancel)
    {
        if (await ServerFilesFinder.FindAsync(session.Target, session.Facts, session.Connection, cancel).ConfigureAwait(false) is not DirectFiles files)
        {
            return null;
        }
        var elsewhere = await session.Connection.ExecuteScalarAsync<string?>(new CommandDefinition(
            Sql.Of<IndexLook>("tablespace_place"), new { oid = index.Oid }, cancellationToken: cancel)).ConfigureAwait(false);
        var place = string.IsNullOrEmpty(elsewhere) ? files.DataDirectory : elsewhere;
        if (!Directory.Exists(place))
        {
            return null;
        }
        var (free, needed) = (new DriveInfo(place).AvailableFreeSpace, index.ExpectedBytes + limits.SpareRoom);
        return free >= needed ? null : $"the server's disk has {free >> 20} MB free and the rebuild may need {needed >> 20} MB";
    }
}
