using HealingWorkers.Jobs.Errors;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>A short transaction under a lock that others wait behind: it is tried a few times, waits briefly each time, and is then put off.</summary>
public sealed class PatientTransaction(RepairSession session, RepairLimits limits, TimeSpan lockTimeout)
{
    /// <param name="work">Gives the reason where it finds that nothing may be done, so that all is rolled back.</param>
    public async Task<RepairResult> RunAsync(string what, StatementLog log, Func<CancellationToken, Task<RepairResult>> work, CancellationToken cancel)
    {
        await PatientRebuild.SetLockTimeoutAsync(session, lockTimeout, cancel).ConfigureAwait(false);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await using var transaction = await session.Connection.BeginTransactionAsync(cancel).ConfigureAwait(false);
                var result = await work(cancel).ConfigureAwait(false);
                if (result.Outcome == RepairOutcome.Done)
                {
                    await transaction.CommitAsync(cancel).ConfigureAwait(false);
                }
                return result with { Statements = log.Sent };
            }
            catch (PostgresException e) when (e.SqlState is SqlState.LockNotAvailable or SqlState.DeadlockDetected && session.Connection.FullState == System.Data.ConnectionState.Open)
            {
                if (attempt >= limits.LockTries)
                {
                    return new(RepairOutcome.Deferred, $"{what} is busy: no lock within {lockTimeout.TotalSeconds:0.##} s, {attempt} times", log.Sent);
                }
            }
            catch (PostgresException e) when (session.Connection.FullState == System.Data.ConnectionState.Open)
            {
                return new(RepairOutcome.Failed, $"the server refused with {e.SqlState}: {e.MessageText}", log.Sent);
            }
            await Task.Delay(limits.LockBackoff * attempt, session.Target.Clock, cancel).ConfigureAwait(false);
        }
    }
}
