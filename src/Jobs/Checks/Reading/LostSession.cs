using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>A session that was cut off in the middle of a read: did that read bring the server down, or something else?</summary>
internal static class LostSession
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    /// <summary>On a machine with much to do the server lets others in before it notices that one of its own has died.</summary>
    private static readonly TimeSpan Unnoticed = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    /// <summary>Waits until the server answers again. Null when it does not, or nothing tells.</summary>
    /// <param name="told">What the server said when it cut the session off: only the session that dies of its own read hears nothing.</param>
    public static async Task<bool?> CrashedServerAsync(Target target, ReadingSession session, string? told, CancellationToken cancel)
    {
        target.Forget();
        var recovering = false;
        for (var began = target.Clock.GetTimestamp(); target.Clock.GetElapsedTime(began) < Patience;)
        {
            try
            {
                await using var other = await target.OpenCheckAsync(cancel).ConfigureAwait(false);
                // a read that crashes its backend leaves the process that watches over all of them; a machine that goes down does not
                if (told is not null)
                {
                    return false;
                }
                if (await session.IsBeforeStartAsync(other, cancel).ConfigureAwait(false))
                {
                    return null;
                }
                if (recovering || await session.IsBeforeRestartAsync(other, cancel).ConfigureAwait(false))
                {
                    return true;
                }
                if (target.Clock.GetElapsedTime(began) > Unnoticed)
                {
                    return null;
                }
            }
            catch (HealingException e) when (TargetProblem.StateOf(e) == SqlState.CannotConnectNow)
            {
                recovering = true;
            }
            catch (Exception e) when (e is HealingException or NpgsqlException)
            {
                // it may be about to begin its recovery
            }
            await Task.Delay(Pause, target.Clock, cancel).ConfigureAwait(false);
        }
        return told is null ? null : false;
    }
}
