using HealingWorkers.Jobs.Errors;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>Times a run and turns what the target does to it into a status.</summary>
internal static class CheckRun
{
    public static async Task<CheckReport> GuardAsync(string check, CheckRequest request, Func<Func<TimeSpan>, Task<CheckReport>> run, CancellationToken cancel)
    {
        var started = request.Target.Clock.GetTimestamp();
        TimeSpan Elapsed() => request.Target.Clock.GetElapsedTime(started);
        try
        {
            return await run(Elapsed).ConfigureAwait(false);
        }
        catch (PostgresException e) when (e.SqlState == SqlState.InsufficientPrivilege)
        {
            return Without(check, CheckStatus.Unavailable, Elapsed(), $"{e.MessageText}: run `healing grant` and GRANT healing_detect to the role of this target");
        }
        catch (HealingException e)
        {
            return Without(check, CheckStatus.Failed, Elapsed(), $"{e.Message} ({e.Hint})");
        }
        catch (Exception e) when (e is NpgsqlException or IOException or TimeoutException)
        {
            cancel.ThrowIfCancellationRequested();
            return Without(check, CheckStatus.Failed, Elapsed(), e is PostgresException p ? $"the server said {p.SqlState}: {p.MessageText}" : $"the session was lost: {e.Message}");
        }
    }

    public static CheckReport Without(string check, CheckStatus status, TimeSpan elapsed, string reason) => new(check, status, elapsed, reason, [], []);
}
