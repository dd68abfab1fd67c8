using HealingWorkers.Jobs.Errors;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>A plain VACUUM after a repair: never FULL, and the end of the file stays.</summary>
internal static class TableVacuum
{
    public static string Statement(TableLook table) => $"VACUUM (TRUNCATE false) {table.Quoted}";

    /// <summary>Null when it ran; else why it could not now, or must not.</summary>
    public static async Task<string?> RunAsync(RepairSession session, TableLook table, RepairLimits limits, StatementLog log, CancellationToken cancel)
    {
        // the rows themselves were looked at before the repair began
        if (await HiddenRows.KnownAsync(session, table, cancel).ConfigureAwait(false) is { } hidden)
        {
            return hidden;
        }
        await PatientRebuild.SetLockTimeoutAsync(session, limits.LockTimeout, cancel).ConfigureAwait(false);
        for (var attempt = 1; ; attempt++)
        {
            if (!await table.HasItsNameAsync(session.Connection, cancel).ConfigureAwait(false))
            {
                return table.Renamed;
            }
            try
            {
                await log.BuildAsync(session, Statement(table), cancel).ConfigureAwait(false);
                return null;
            }
            catch (PostgresException e) when (e.SqlState is SqlState.LockNotAvailable or SqlState.DeadlockDetected)
            {
                if (attempt >= limits.LockTries)
                {
                    return $"{table.Quoted} is busy: {e.MessageText}";
                }
            }
            await Task.Delay(limits.LockBackoff * attempt, session.Target.Clock, cancel).ConfigureAwait(false);
        }
    }
}
