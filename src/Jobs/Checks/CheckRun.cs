using HealingWorkers.Jobs.Errors;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>Times a run and turns what the target does to it into a status.</summary>
internal static class CheckRun
{
    public const string SessionLost = "the session was lost";

    public static async Task<CheckReport> GuardAsync(string check, CheckRequest request, Func<Func<TimeSpan>, Task<CheckReport>> run, CancellationToken cancel)
    {
        var before = request.Target.StandbySessions;
        var report = await CaughtAsync(check, request, run, cancel).ConfigureAwait(false);
        return request.Target.StandbySessions == before ? report : report with { FromStandby = true };
    }

    private static async Task<CheckReport> CaughtAsync(string check, CheckRequest request, Func<Func<TimeSpan>, Task<CheckReport>> run, CancellationToken cancel)
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
        catch (DeadlyReadException e)
        {
            var facts = await request.Target.FactsAsync(cancel).ConfigureAwait(false);
            return new(check, CheckStatus.Damaged, Elapsed(), e.Message, [e.Read.Finding(facts.Id)], []);
        }
        catch (HealingException e)
        {
            return Without(check, CheckStatus.Failed, Elapsed(), $"{e.Message} ({e.Hint})");
        }
        catch (System.Text.DecoderFallbackException e)
        {
            return Without(check, CheckStatus.Failed, Elapsed(), $"the server sent bytes that are no text of its encoding, as damaged values are: {e.Message}");
        }
        catch (Exception e) when (e is NpgsqlException or IOException or TimeoutException)
        {
            cancel.ThrowIfCancellationRequested();
            return (e is PostgresException damage ? await ServerVerdict.OfAsync(check, request.Target, damage, Elapsed(), cancel).ConfigureAwait(false) : null) ?? Without(check, CheckStatus.Failed, Elapsed(), e is PostgresException p ? $"the server said {p.SqlState}: {p.MessageText}" : $"{SessionLost}: {e.Message}");
        }
    }

    /// <summary>Asks first whether this server is one that the check may run on.</summary>
    public static async Task<CheckReport> GuardAsync(CheckDescription check, CheckRequest request, Func<Func<TimeSpan>, Task<CheckReport>> run, CancellationToken cancel)
    {
        if (request.Ground < check.Ground)
        {
            return Without(check.Name, CheckStatus.Unavailable, TimeSpan.Zero, check.Ground == Ground.Window
                ? "it makes writers wait: it runs within the maintenance window of a target, or on a copy of the database"
                : "it may hang or crash the server: it runs only on a disposable copy of the database");
        }
        return await GuardAsync(check.Name, request, async elapsed =>
            await request.Target.FactsAsync(cancel).ConfigureAwait(false) is var facts && facts.Major < check.FirstMajor
                ? Without(check.Name, CheckStatus.Unavailable, elapsed(), $"it needs PostgreSQL {check.FirstMajor}, and this is {facts.Major}")
                : await run(elapsed).ConfigureAwait(false), cancel).ConfigureAwait(false);
    }

    public static CheckReport Without(string check, CheckStatus status, TimeSpan elapsed, string reason) => new(check, status, elapsed, reason, [], []);
}
