using System.Globalization;
using Dapper;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Ledger;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>Rebuilds one index under a lock time-out: a busy table is tried again after a pause and then deferred, and a failure leaves nothing behind.</summary>
public sealed class PatientRebuild(RepairLimits limits)
{
    public async Task<RebuildEnd> RunAsync(RepairSession session, IndexLook index, RepairPlan plan, string statement, TimeSpan lockTimeout, StatementLog log, CancellationToken cancel)
    {
        await SetLockTimeoutAsync(session, lockTimeout, cancel).ConfigureAwait(false);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await log.BuildAsync(session, statement, cancel).ConfigureAwait(false);
                return new(RepairOutcome.Done, null);
            }
            catch (PostgresException e) when (session.Connection.FullState == System.Data.ConnectionState.Open)
            {
                var left = await OwnLeftovers.DropAsync(session, index, plan, log, cancel).ConfigureAwait(false);
                if (await IndexLook.AtAsync(session.Connection, new(index.Oid, index.Quoted), cancel).ConfigureAwait(false) is { Usable: true } now && now.Oid != index.Oid)
                {
                    // the new index is in place; only the old one could not be dropped
                    return left is null ? new(RepairOutcome.Done, null) : new(RepairOutcome.Deferred, $"{index.Quoted} is rebuilt{left}");
                }
                if (e.SqlState is not (SqlState.LockNotAvailable or SqlState.DeadlockDetected))
                {
                    return new(e.SqlState is SqlState.DiskFull or SqlState.UniqueViolation ? RepairOutcome.Deferred : RepairOutcome.Failed, Reason(index, e) + left)
                    {
                        HasDuplicates = e.SqlState == SqlState.UniqueViolation,
                    };
                }
                if (attempt >= limits.LockTries || left is not null)
                {
                    return new(RepairOutcome.Deferred, $"{index.TableQuoted} is busy: no lock within {lockTimeout.TotalSeconds:0.#} s, {attempt} times{left}");
                }
            }
            await Task.Delay(limits.LockBackoff * attempt, session.Target.Clock, cancel).ConfigureAwait(false);
        }
    }

    public static Task SetLockTimeoutAsync(RepairSession session, TimeSpan timeout, CancellationToken cancel) =>
        session.Connection.ExecuteAsync(new CommandDefinition(Sql.Of<IndexLook>("patience"),
            new { lock_timeout = ((long)timeout.TotalMilliseconds).ToString(CultureInfo.InvariantCulture) }, cancellationToken: cancel));

    private static string Reason(IndexLook index, PostgresException e) => e.SqlState switch
    {
        SqlState.UniqueViolation => $"the table {index.TableQuoted} holds duplicates of a key that {index.Quoted} must keep unique ({e.Detail ?? e.MessageText}): "
            + "no rebuild can succeed until they are resolved",
        SqlState.InsufficientPrivilege => $"{e.MessageText}: grant {index.Owner} to the repair role",
        SqlState.DiskFull => $"the server ran out of disk space: {e.MessageText}",
        _ => $"the server refused with {e.SqlState}: {e.MessageText}",
    };
}

public sealed record RebuildEnd(RepairOutcome Outcome, string? Reason)
{
    /// <summary>The table holds a key twice that the index must keep unique: no later try gets further.</summary>
    public bool HasDuplicates { get; init; }
}
