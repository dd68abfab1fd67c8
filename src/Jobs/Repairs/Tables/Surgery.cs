using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Pages;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>Work on single row versions by pg_surgery. It is not transactional: what is to be kept is committed before.</summary>
internal sealed class Surgery(RepairSession session, StatementLog log, RepairLimits limits)
{
    public const string Group = "healing_surgery";

    private const string Freeze = "heap_force_freeze";

    public static Task<ExtensionUse> FreezeAsync(RepairSession session, CancellationToken cancel) => ExtensionUse.OfAsync(session, "pg_surgery", Freeze, Group, cancel);

    public static Task<ExtensionUse> KillAsync(RepairSession session, CancellationToken cancel) => ExtensionUse.OfAsync(session, "pg_surgery", "heap_force_kill", Group, cancel);

    /// <summary>pg_surgery wants the owner, whatever else was granted.</summary>
    public static string? Refusal(RepairSession session, TableLook table) => table.RowRefusal(session)
        ?? (table.IsOwned ? null : $"the role {session.Role} may not work on rows of {table.Quoted}: GRANT {table.Owner} TO {session.Role}")
        ?? (table.HidesRows ? $"row security hides rows of {table.Quoted} from its owner as well: a person decides" : null);

    public static string Statement(string function, TableLook table, IEnumerable<Tid> rows) =>
        FormattableString.Invariant($"SELECT {function}({table.Oid}::pg_catalog.oid::pg_catalog.regclass, ARRAY[{string.Join(", ", rows.Select(t => $"'{t}'"))}]::pg_catalog.tid[])");

    /// <summary>Hidden rows that were found and are not there any more, though no attempt of ours marked them, may be lost. Null where one did, or may have.</summary>
    public static string? Vanished(RepairSession session, string what) => session.SentBefore?.Any(s => s.Contains(Freeze, StringComparison.Ordinal)) != false ? null
        : $"{what}, and no attempt of ours has put it right: VACUUM may have removed the rows. Compare with a standby or a backup, and close this when none is missing";

    /// <summary>The same where the table no longer reaches to their block: VACUUM gives back what it has emptied at the end of a file.</summary>
    public static async Task<string?> CutOffAsync(RepairSession session, Incident incident, CancellationToken cancel) =>
        incident.Kind.MayBeLost && await TableLook.AtAsync(session.Connection, incident.TableOid, cancel).ConfigureAwait(false) is { } shorter
            ? Vanished(session, FormattableString.Invariant($"{shorter.Quoted} no longer reaches to block {DamagedBlock.NumberOf(incident)}")) : null;

    /// <summary>With VACUUM kept out, nobody who reads or writes waits. False where somebody holds the table, or where another one has its name by now.</summary>
    public Task<bool> HeldAsync(TableLook table, Func<Task> work, CancellationToken cancel) => HeldAsync(table, "SHARE UPDATE EXCLUSIVE", work, cancel);

    /// <summary>With VACUUM and all who write kept out: what is looked at stays as it is until it is worked on.</summary>
    public Task<bool> StillAsync(TableLook table, Func<Task> work, CancellationToken cancel) => HeldAsync(table, "SHARE ROW EXCLUSIVE", work, cancel);

    private async Task<bool> HeldAsync(TableLook table, string mode, Func<Task> work, CancellationToken cancel)
    {
        await PatientRebuild.SetLockTimeoutAsync(session, limits.LockTimeout, cancel).ConfigureAwait(false);
        for (var attempt = 1; ; attempt++)
        {
            await using var transaction = await session.Connection.BeginTransactionAsync(cancel).ConfigureAwait(false);
            try
            {
                await log.RunAsync(session, $"LOCK TABLE ONLY {table.Quoted} IN {mode} MODE", cancel).ConfigureAwait(false);
            }
            catch (PostgresException e) when (e.SqlState is SqlState.LockNotAvailable or SqlState.DeadlockDetected)
            {
                if (attempt >= limits.LockTries)
                {
                    return false;
                }
                await transaction.RollbackAsync(cancel).ConfigureAwait(false);
                await Task.Delay(limits.LockBackoff * attempt, session.Target.Clock, cancel).ConfigureAwait(false);
                continue;
            }
            // the lock went by name, the work goes by oid
            if (!await table.HasItsNameAsync(session.Connection, cancel).ConfigureAwait(false))
            {
                return false;
            }
            await work().ConfigureAwait(false);
            await transaction.CommitAsync(cancel).ConfigureAwait(false);
            return true;
        }
    }
}
